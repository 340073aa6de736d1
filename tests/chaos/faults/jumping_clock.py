"""Runs a command of the product at another time of day: `-m tests.chaos.faults.jumping_clock FILE PROGRAM ...`.

The file says by how many seconds the process is ahead, and is read again for each question.
"""

import sys
import time
from pathlib import Path

from tests.pipeline.product import run

_time_ns = time.time_ns


def main() -> None:
    """Let the time of day jump, and no other clock: durations are measured by `time.monotonic`, as ever."""
    _, file, program, *arguments = sys.argv
    clock = Path(file)

    def jumping_time_ns() -> int:
        return _time_ns() + int(clock.read_text()) * 10**9

    time.time_ns = jumping_time_ns
    time.time = lambda: jumping_time_ns() / 10**9
    run(program, *arguments)


if __name__ == "__main__":
    main()
