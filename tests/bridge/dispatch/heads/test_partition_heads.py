"""What is known of heads while the last of the log is written again."""

from bridge.dispatch.heads.partition_heads import PartitionHeads


def begun(*, replay: bool, capacity: int = 10) -> PartitionHeads:
    heads = PartitionHeads(capacity)
    heads.begin(replay=replay)
    return heads


def test_a_new_record_follows_what_was_published_and_a_replayed_one_what_was_replayed() -> None:
    heads = begun(replay=False)
    heads.written("abc123", 7, replay=False)
    heads.begin(replay=True)
    assert heads.has_head("abc123")
    assert heads.head_for("abc123", replay=False) == 7
    assert heads.head_for("abc123", replay=True) is None
    heads.written("abc123", 3, replay=True)
    assert (heads.head_for("abc123", replay=False), heads.head_for("abc123", replay=True)) == (7, 3)


def test_where_the_head_is_unknown_how_far_the_replay_came_is_what_new_records_follow() -> None:
    heads = begun(replay=True)
    heads.written("abc123", 3, replay=True)
    assert not heads.has_head("abc123"), "more of it may have to be written again"
    assert heads.head_for("abc123", replay=False) == 3
    heads.replay_ended()
    assert heads.has_head("abc123")
    assert heads.head_for("abc123", replay=False) == 3


def test_the_end_of_a_replay_takes_no_head_back() -> None:
    heads = begun(replay=True)
    heads.written("abc123", 3, replay=True)
    heads.written("abc123", 4, replay=False)
    heads.replay_ended()
    assert heads.head_for("abc123", replay=False) == 4


def test_what_a_replay_came_to_is_forgotten_where_another_begins() -> None:
    heads = begun(replay=True)
    heads.written("abc123", 3, replay=True)
    heads.begin(replay=True)
    assert heads.head_for("abc123", replay=False) is None


def test_while_a_replay_is_under_way_no_head_is_dropped_for_lack_of_room() -> None:
    heads = begun(replay=True)
    for number in range(100):
        heads.written(str(number), number, replay=False)
    assert all(heads.has_head(str(number)) for number in range(100))
    heads.replay_ended()
    for number in range(100, 200):
        heads.written(str(number), number, replay=False)
    assert not any(heads.has_head(str(number)) for number in range(100))


def test_a_forgotten_head_has_to_be_read() -> None:
    heads = begun(replay=True)
    heads.written("abc123", 7, replay=False)
    heads.written("abc123", 3, replay=True)
    heads.forget("abc123")
    assert not heads.has_head("abc123")
    assert heads.head_for("abc123", replay=True) is None


def test_numbers_that_were_not_published_are_given_again() -> None:
    heads = begun(replay=False)
    heads.written("abc123", 7, replay=False)
    heads.take_back("abc123", 3)
    heads.take_back("never known", 1)
    assert heads.head_for("abc123", replay=False) == 4
    assert not heads.has_head("never known")
