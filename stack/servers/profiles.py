"""How the servers' Java virtual machines are set up: to start fast, or to run fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# "fast_start" is for tests: a server is up in about half the processor time, and slower under load.
Profile = Literal["fast_start", "steady"]

JVM_OPTIONS: Mapping[Profile, Sequence[str]] = {
    "fast_start": ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    "steady": ("-XX:+UseG1GC",),
}
