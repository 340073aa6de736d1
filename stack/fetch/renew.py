"""`python -m stack.fetch.renew`: finds the jars that each server wants, and writes the pinned lists anew."""

from __future__ import annotations

import hashlib

import click
from jgo.maven import Artifact, MavenContext

from stack.fetch.jar_list import WANTED, Jar, JavaServerName, list_path
from stack.fetch.repository import repository_address


def renew(server: JavaServerName) -> None:
    """Write the list of a server's jars, in the order of their coordinates."""
    maven = MavenContext(remote_repos={"central": repository_address()})
    jars: dict[tuple[str, str, str], Jar] = {}
    # One by one: together, the versions that one of them manages would be imposed on the others.
    for wanted in WANTED[server]:
        inputs, transitive = maven.resolver.resolve([maven.create_dependency(wanted)])
        for one in (*inputs, *transitive):
            jar = _pin(one.artifact)
            jars.setdefault((jar.group, jar.artifact, jar.classifier), jar)
    list_path(server).write_text("".join(f"{jar.line()}\n" for jar in sorted(jars.values())))
    click.echo(f"{server}: {len(jars)} jars")


def _pin(artifact: Artifact) -> Jar:
    sha256 = hashlib.sha256(artifact.resolve().read_bytes()).hexdigest()
    return Jar(artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier or "", sha256)


if __name__ == "__main__":
    for name in WANTED:
        renew(name)
