"""Which heads the next assignment may begin with."""

import pytest

from bridge.dispatch.heads.kept_heads import KeptHeads
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.kafka.transaction import CommittedOffset, Partition

LOG = "00000000-0000-0000-0000-000000000001"
COMMIT = CommittedOffset(Partition("conversation_log", 0), 7, "seven")


@pytest.fixture
def kept() -> KeptHeads:
    """Of a partition whose only conversation has the head 3."""
    heads = PartitionHeads(10)
    heads.written("abc123", 3, replay=False)
    return KeptHeads(LOG, {COMMIT: heads})


def head(kept: KeptHeads, log_id: str, commit: CommittedOffset) -> int | None:
    """That of the conversation, where the next assignment begins with this commit."""
    return kept.begin(log_id, commit, 1, replay=False).head_for("abc123", replay=False)


def test_they_are_of_use_where_the_group_still_holds_the_commit(kept: KeptHeads) -> None:
    assert head(kept, LOG, COMMIT) == 3


@pytest.mark.parametrize("commit", [COMMIT._replace(offset=8), COMMIT._replace(metadata="")])
def test_they_are_not_where_it_holds_another_one(kept: KeptHeads, commit: CommittedOffset) -> None:
    assert head(kept, LOG, commit) is None


def test_nor_where_the_log_is_another_one(kept: KeptHeads) -> None:
    assert head(kept, "00000000-0000-0000-0000-000000000002", COMMIT) is None
