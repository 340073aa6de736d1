"""A server's classes, written down at an orderly end and mapped into memory at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.fetch.fetch import fetch
from stack.fetch.java import find_java
from stack.home import jars_folder
from stack.servers.class_archive import archive_written_by, class_archive_options
from stack.servers.one_of_each import Servers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.servers
def test_the_first_orderly_end_makes_the_archive_of_all_later_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Jars at another place have an archive of their own."""
    jars = tmp_path / "jars"
    jars.mkdir()
    fetched = fetch("kafka", jars_folder())
    (jars / fetched.name).symlink_to(fetched)
    monkeypatch.setattr("stack.servers.one_of_each.jars_folder", lambda: jars)
    servers = Servers.for_tests(tmp_path)
    server = servers.kafka
    try:
        server.start()
        server.wait_until_answering()
        assert list(jars.glob("kafka*.jsa")) == []
        server.stop()
        [archive] = jars.glob("kafka*.jsa")
        # What Java says of each class: its jar, the archive of its own classes, or, on top of that, the server's.
        log = tmp_path / "classes.log"
        monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Xlog:class+load:file={log}")
        server.start()
        server.wait_until_answering()
        assert log.read_text().count("shared objects file (top)") > 1_000
    finally:
        server.kill()
    assert [path.name for path in jars.iterdir() if path.is_file() and path.name.startswith("kafka")] == [archive.name]


def test_only_what_writes_an_archive_is_said_to(tmp_path: Path) -> None:
    jars = tmp_path / "kafka-1.0"
    java = find_java()
    written = archive_written_by(["java", *class_archive_options(jars, java), "kafka.Kafka"])
    assert written is not None
    assert written.parent == tmp_path
    written.with_suffix("").touch()
    assert archive_written_by(["java", *class_archive_options(jars, java), "kafka.Kafka"]) is None
