"""How the replicas of `cassandra-node` share their volume and join, one after the other. The shell is the real one."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deployment.conftest import Service

Start = Callable[[], subprocess.Popen[bytes]]

# In place of the image's programs: both tell and ask the test through named pipes, which wait for the other side.
ENTRYPOINT = '#!/bin/sh\nreadlink "$ROOT/data" > "$ROOT/started"\nexec sleep infinity\n'
CQLSH = '#!/bin/sh\nread -r _ < "$ROOT/joined"\n'


@pytest.fixture
def start(services: dict[str, Service], tmp_path: Path) -> Iterator[Start]:
    """Start one more replica; its files are below `tmp_path`."""
    for name, text in {"docker-entrypoint.sh": ENTRYPOINT, "cqlsh": CQLSH}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    for pipe in ("started", "joined"):
        os.mkfifo(tmp_path / pipe)
    (tmp_path / "volume").mkdir()
    shell, options, script = services["cassandra-node"]["command"]
    script = script.replace("$$", "$").replace("/var/lib/cassandra", "$ROOT/volume")
    script = script.replace("/opt/cassandra/data", "$ROOT/data")
    environment = {"ROOT": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    replicas = []

    def make() -> subprocess.Popen[bytes]:
        replicas.append(subprocess.Popen([shell, options, script], env=environment, start_new_session=True))
        return replicas[-1]

    yield make
    for replica in replicas:
        end(replica)


def end(replica: subprocess.Popen[bytes]) -> None:
    """Kill all its processes, as the engine does when the first one has ended."""
    if replica.poll() is None:
        os.killpg(replica.pid, signal.SIGKILL)
        replica.wait()


def test_each_starts_when_the_one_before_has_joined_in_a_folder_of_its_own(start: Start, tmp_path: Path) -> None:
    start(), start()
    assert (tmp_path / "started").read_text() == f"{tmp_path}/volume/1\n"
    assert subprocess.run(["flock", "--nonblock", tmp_path / "volume" / "joining", "true"], check=False).returncode
    (tmp_path / "joined").write_text("yes\n")
    assert (tmp_path / "started").read_text() == f"{tmp_path}/volume/2\n"


def test_one_that_dies_while_it_joins_does_not_keep_the_next_one_out(start: Start, tmp_path: Path) -> None:
    first = start()
    assert (tmp_path / "started").read_text() == f"{tmp_path}/volume/1\n"
    start()
    end(first)
    assert (tmp_path / "started").read_text() == f"{tmp_path}/volume/1\n"


def test_a_new_container_goes_on_with_the_data_of_one_that_is_gone(start: Start, tmp_path: Path) -> None:
    first = start()
    (tmp_path / "started").read_text()
    (tmp_path / "joined").write_text("yes\n")
    start()
    (tmp_path / "started").read_text()
    (tmp_path / "joined").write_text("yes\n")
    end(first)
    start()
    assert (tmp_path / "started").read_text() == f"{tmp_path}/volume/1\n"
