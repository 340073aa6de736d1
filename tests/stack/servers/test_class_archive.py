"""A server's classes, written down at an orderly end and mapped into memory at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import pytest

from stack.fetch.maven import fetch
from stack.fetch.tools import find_java
from stack.home import jars_folder
from stack.servers.class_archive import archive_written_by, class_archive_options
from stack.servers.one_of_each import Servers

if TYPE_CHECKING:
    from pathlib import Path

    from stack.processes.server_process import ServerProcess


def maps(server: ServerProcess) -> set[str]:
    """The archives that a server has mapped into its memory."""
    return {area.path for area in psutil.Process(server.pid).memory_maps() if area.path.endswith(".jsa")}


@pytest.mark.servers
@pytest.mark.parametrize("name", ["kafka", "cassandra"])
def test_the_first_orderly_end_makes_the_archive_of_all_later_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Jars at another place have an archive of their own."""
    jars = tmp_path / "jars"
    jars.mkdir()
    fetched = fetch(name, jars_folder())
    (jars / fetched.name).symlink_to(fetched)
    monkeypatch.setattr("stack.servers.one_of_each.jars_folder", lambda: jars)
    servers = Servers.for_tests(tmp_path)
    server = {"kafka": servers.kafka, "cassandra": servers.cassandra}[name]
    try:
        server.start()
        server.wait_until_answering()
        assert list(jars.glob("*.jsa*")) == []
        server.stop()
        [archive] = jars.glob("*.jsa")
        server.start()
        server.wait_until_answering()
        assert str(archive) in maps(server)
    finally:
        server.kill()
    assert [path.name for path in jars.iterdir() if path.is_file()] == [archive.name]


def test_only_what_writes_an_archive_is_said_to(tmp_path: Path) -> None:
    jars = tmp_path / "kafka-1.0"
    java = find_java()
    written = archive_written_by(["java", *class_archive_options(jars, java), "kafka.Kafka"])
    assert written is not None
    assert written.parent == tmp_path
    written.with_suffix("").touch()
    assert archive_written_by(["java", *class_archive_options(jars, java), "kafka.Kafka"]) is None
