"""Broken: commits say nothing of what is finished beyond the committed offset."""

from bridge.dispatch.commits.offset_tracker import OffsetTracker


def _nothing(_: OffsetTracker) -> bytes:
    return b""


PATCHES = [
    (OffsetTracker, "encode", _nothing),
]
