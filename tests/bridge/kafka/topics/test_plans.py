"""How the topics are made."""

import pytest

from bridge.kafka.topics.configs import Property, describe, unfit
from bridge.kafka.topics.plans import TopicPlan, fixed_partitions, plan_audit, plan_topics
from chat_tasks.settings import Settings


def plans(**chosen: int) -> dict[str, TopicPlan]:
    """By name."""
    return {plan.name: plan for plan in plan_topics(Settings(**chosen))}


def largest(plan: TopicPlan) -> int:
    """The bytes that a record may have."""
    return int(plan.config["max.message.bytes"])


def test_all_six_in_the_order_of_the_flow() -> None:
    assert list(plans()) == [
        "instant_message_in",
        "conversation_log",
        "instant_message_out",
        "latest_messages_request",
        "latest_messages_block",
        "dead_letter",
    ]


def test_where_a_conversation_lives_is_fixed_by_what_was_stored() -> None:
    settings = Settings(log_partitions=12, topic_partitions=5)
    assert fixed_partitions(settings, {}) == {"conversation_log": 12}
    assert fixed_partitions(settings, {"partitions.instant_message_out": "3"}) == {
        "conversation_log": 12,
        "instant_message_out": 3,
    }


@pytest.mark.parametrize(
    ("found", "fits"), [("2", True), ("3", True), ("1", False), (None, False)], ids=["same", "more", "less", "none"]
)
def test_what_protects_more_than_it_has_to_is_left_alone(found: str | None, fits: bool) -> None:
    assert Property("2", "at least").fits(found) is fits


def test_only_what_does_not_fit_is_named() -> None:
    wanted = {"cleanup.policy": Property("delete"), "max.message.bytes": Property("100", "at least")}
    assert unfit(wanted, {"cleanup.policy": "delete", "max.message.bytes": "200"}) == {}
    wrong = unfit(wanted, {"cleanup.policy": "compact", "max.message.bytes": "50"})
    assert describe(wrong) == "cleanup.policy=delete, max.message.bytes=100 or more"


def test_how_long_outputs_are_kept_is_given_to_new_topics_and_changed_on_existing_ones_only_if_it_is_set() -> None:
    others = {"retention.ms": "1", "segment.ms": "1"}
    for chosen, value, named in (({}, "604800000", set()), ({"output_retention": 60}, "60000", {"retention.ms"})):
        plan = plans(**chosen)["instant_message_out"]
        assert plan.config["retention.ms"] == value
        assert unfit(plan.properties, {**plan.config, **others}).keys() == named


def test_dead_letters_are_kept_for_ever_unless_a_time_is_set() -> None:
    for chosen, value in (({}, "-1"), ({"dead_letter_retention": 60}, "60000")):
        plan = plans(**chosen)["dead_letter"]
        assert plan.config["retention.ms"] == value
        assert unfit(plan.properties, {**plan.config, "retention.ms": "1"}).keys() == {"retention.ms"}


@pytest.mark.parametrize("limit", [10_000, 1_000_000, 8_000_000])
def test_each_step_has_room_for_what_it_adds(limit: int) -> None:
    found = plans(max_record_bytes=limit)
    sizes = [largest(found[name]) for name in ("instant_message_in", "conversation_log", "instant_message_out")]
    assert sizes[0] == limit
    assert sizes == sorted(set(sizes))
    assert largest(found["dead_letter"]) > sizes[-1]


def test_a_block_has_room_for_its_own_limit() -> None:
    assert largest(plans(max_record_bytes=10_000, max_block_bytes=8_000_000)["latest_messages_block"]) > 8_000_000


def test_the_log_keeps_everything_until_dispatch_purges_it() -> None:
    config = plans()["conversation_log"].config
    assert {name: config[name] for name in ("cleanup.policy", "retention.ms", "retention.bytes")} == {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
    }


def test_a_record_from_the_past_or_the_future_is_kept_as_long_as_any_other() -> None:
    ours = [plan for name, plan in plans().items() if name not in {"instant_message_in", "latest_messages_request"}]
    assert {plan.config["message.timestamp.type"] for plan in ours} == {"LogAppendTime"}


def test_nothing_is_compacted_and_nothing_unpacked_whatever_the_brokers_do_by_default() -> None:
    for plan in plans().values():
        assert (plan.config["cleanup.policy"], plan.config["compression.type"]) == ("delete", "producer")


def test_no_acknowledged_record_is_lost_with_a_broker() -> None:
    for plan in plans(topic_min_insync_replicas=2).values():
        assert plan.config["min.insync.replicas"] == "2"
        assert plan.config["unclean.leader.election.enable"] == "false"


def test_the_audit_keeps_each_action_for_a_year_and_in_one_order() -> None:
    plan = plan_audit(Settings(topic_min_insync_replicas=2))
    assert plan.partitions == 1
    wanted = {"cleanup.policy": "compact,delete", "retention.ms": "31536000000", "min.insync.replicas": "2"}
    assert wanted.items() <= plan.config.items()
    assert unfit(plan.properties, {**plan.config, "cleanup.policy": "delete"}).keys() == {"cleanup.policy"}
