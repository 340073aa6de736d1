"""The open and the secured stack have the same ports: one of them is up."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.development.up_and_down import check_alone, development_stack, running_stack
from stack.errors import StackError
from stack.processes.detached import DetachedProcess
from stack.servers.secured import SecuredServers

SLEEP = ("/bin/sleep", "1000")


def test_the_stack_that_runs_is_the_one_that_is_meant(tmp_path: Path) -> None:
    assert not isinstance(running_stack(tmp_path)[0], SecuredServers)
    for secured in (False, True):
        redis = development_stack(tmp_path, secured=secured)[0].redis
        process = DetachedProcess(redis.name, redis.folder)
        process.spawn(SLEEP, {})
        try:
            assert isinstance(running_stack(tmp_path)[0], SecuredServers) == secured
            check_alone(tmp_path, secured=secured)
            with pytest.raises(
                StackError, match=f"the {'secured' if secured else 'open'} stack is up: `make down` first"
            ):
                check_alone(tmp_path, secured=not secured)
        finally:
            process.kill()
