"""What processes use is counted by name, children included, from the moment the meter is made."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from bench.measure.usage import UsageMeter
from stack.waiting import wait_until

_BUSY = "while True: pass"
_PARENT_OF_BUSY = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_BUSY!r}])"


@pytest.fixture
def parent() -> Iterator[psutil.Process]:
    """A process that sleeps while its child is busy."""
    popen = subprocess.Popen((sys.executable, "-c", _PARENT_OF_BUSY), start_new_session=True)
    process = psutil.Process(popen.pid)
    assert wait_until(lambda: bool(process.children()), 30)
    [child] = process.children()
    yield process
    with suppress(psutil.NoSuchProcess):
        child.kill()
    popen.wait()


def test_a_process_counts_with_its_children(parent: psutil.Process) -> None:
    meter = UsageMeter({"busy": parent})
    assert wait_until(lambda: meter.usage().processor_seconds["busy"] > 0.2, 60)
    usage = meter.usage()
    assert usage.largest_memory["busy"] > 1_000_000
    assert usage.other_processors >= 0
    # Only what was used since counts.
    assert UsageMeter({"busy": parent}).usage().processor_seconds["busy"] < usage.processor_seconds["busy"]


def test_what_a_process_used_before_it_ended_counts(parent: psutil.Process) -> None:
    meter = UsageMeter({"busy": parent})
    assert wait_until(lambda: meter.usage().processor_seconds["busy"] > 0.2, 60)
    before = meter.usage()
    [child] = parent.children()
    child.kill()
    parent.wait(30)
    assert meter.usage().processor_seconds["busy"] >= before.processor_seconds["busy"]
    assert meter.usage().largest_memory == before.largest_memory
