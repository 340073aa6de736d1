"""The local Cassandra node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.servers.cassandra import CassandraSettings
from stack.servers.cassandra_ring import session_on
from stack.servers.templates import render

if TYPE_CHECKING:
    from pathlib import Path

    from stack.servers.one_of_each import Servers


def rendered(settings: CassandraSettings) -> list[str]:
    return render("cassandra.yaml", settings.yaml(), settings.folder).read_text().splitlines()


def test_a_node_of_its_own_is_its_own_seed_and_chooses_its_tokens(tmp_path: Path) -> None:
    lines = rendered(CassandraSettings(tmp_path, storage_port=1234))
    assert '      - seeds: "127.0.0.1:1234"' in lines
    assert "num_tokens: 16" in lines
    assert "auto_bootstrap: true" in lines
    assert "commitlog_sync: periodic" in lines
    assert "num_tokens: 1" in rendered(CassandraSettings(tmp_path, profile="fast_start"))


def test_a_node_with_a_given_token_joins_without_streaming(tmp_path: Path) -> None:
    lines = rendered(CassandraSettings(tmp_path, host="127.0.0.2", seeds=("127.0.0.1",), initial_token=-5))
    assert '      - seeds: "127.0.0.1:17000"' in lines
    assert "initial_token: '-5'" in lines
    assert "auto_bootstrap: false" in lines


def test_writes_can_wait_for_the_disk(tmp_path: Path) -> None:
    lines = rendered(CassandraSettings(tmp_path, commitlog_sync="group"))
    assert "commitlog_sync: group" in lines
    assert "commitlog_sync_group_window: 5ms" in lines
    assert "concurrent_writes: 512" in lines
    # Cassandra does not start where it finds the setting of another way to sync.
    assert not any(line.startswith("commitlog_sync_period:") for line in lines)


@pytest.mark.parametrize("raised", [True, False])
def test_the_batch_thresholds_are_raised_on_request(tmp_path: Path, *, raised: bool) -> None:
    lines = rendered(CassandraSettings(tmp_path, raised_batch_thresholds=raised))
    assert ("batch_size_warn_threshold: 256KiB" in lines) is raised


@pytest.mark.servers
def test_the_node_tells_its_configuration(servers: Servers) -> None:
    with session_on(servers.cassandra.host, servers.cassandra.port) as session:
        settings = {row.name: row.value for row in session.execute("SELECT name, value FROM system_views.settings")}
    assert settings["batch_size_warn_threshold"] == "256KiB"
    assert settings["batch_size_fail_threshold"] == "512KiB"
    assert settings["unlogged_batch_across_partitions_warn_threshold"] == "200"
    assert settings["memtable.configurations"] == "{default=trie+, trie=TrieMemtable}"
    assert settings["commitlog_sync"] == "periodic"
    assert settings["commitlog_sync_period"] == "10000ms"


@pytest.mark.servers
def test_a_stopped_node_keeps_its_rows_and_a_killed_one_its_schema(servers: Servers) -> None:
    node = servers.cassandra
    with session_on(node.host, node.port) as session:
        session.execute("CREATE KEYSPACE kept WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
        session.execute("CREATE TABLE kept.words (id int PRIMARY KEY, word text)")
    node.kill()
    assert node.pid is None
    assert not node.answers()
    servers.start()
    with session_on(node.host, node.port) as session:
        session.execute("INSERT INTO kept.words (id, word) VALUES (1, 'hello')")
    node.stop()
    assert node.pid is None
    servers.start()
    with session_on(node.host, node.port) as session:
        assert session.execute("SELECT word FROM kept.words").one().word == "hello"
