"""Choosing the redis-server for a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.errors import FetchError, UnsupportedPlatformError
from stack.fetch.redis_binary import binary_entry, unpack_redis

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = (
    "META-INF/MANIFEST.MF",
    "redis-server-5.0.14.1-windows-amd64.exe",
    "redis-server-6.2.6-v5-darwin-amd64",
    "redis-server-6.2.6-v5-darwin-arm64",
    "redis-server-6.2.6-v5-linux-amd64",
    "redis-server-6.2.7-linux-386",
    "redis-server-6.2.7-linux-arm64",
)


@pytest.mark.parametrize(
    ("system", "machine", "entry"),
    [
        ("Linux", "x86_64", "redis-server-6.2.6-v5-linux-amd64"),
        ("Linux", "aarch64", "redis-server-6.2.7-linux-arm64"),
        ("Darwin", "x86_64", "redis-server-6.2.6-v5-darwin-amd64"),
        ("Darwin", "arm64", "redis-server-6.2.6-v5-darwin-arm64"),
    ],
)
def test_each_platform_gets_its_own(system: str, machine: str, entry: str) -> None:
    assert binary_entry(ENTRIES, system, machine) == entry


@pytest.mark.parametrize(("system", "machine"), [("Linux", "riscv64"), ("Windows", "AMD64")])
def test_a_platform_without_one_is_named(system: str, machine: str) -> None:
    with pytest.raises(UnsupportedPlatformError, match=f"no redis-server for {system} on {machine}"):
        binary_entry(ENTRIES, system, machine)


def test_a_folder_without_the_jar_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=str(tmp_path)):
        unpack_redis(tmp_path)
