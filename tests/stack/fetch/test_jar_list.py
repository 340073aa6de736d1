"""The pinned lists."""

from __future__ import annotations

import re

import pytest

from stack.fetch.jar_list import WANTED, Jar, JavaServerName, folder_name, jars_of


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (f"org.slf4j:slf4j-api:2.0.17 {'0' * 64}", "org/slf4j/slf4j-api/2.0.17/slf4j-api-2.0.17.jar"),
        (f"io.netty:epoll:4.1:linux-x86_64 {'f' * 64}", "io/netty/epoll/4.1/epoll-4.1-linux-x86_64.jar"),
    ],
)
def test_a_line_names_a_jar_of_a_repository(line: str, path: str) -> None:
    jar = Jar.of_line(line)
    assert jar.path == path
    assert jar.line() == line


@pytest.mark.parametrize("server", sorted(WANTED))
def test_a_server_has_each_jar_once_its_own_among_them(server: JavaServerName) -> None:
    jars = jars_of(server)
    names = [jar.file_name for jar in jars]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in jars)
    assert set(WANTED[server]) <= {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in jars}
    assert re.fullmatch(rf"{server}-[\d.]+-[0-9a-f]{{8}}", folder_name(server))
