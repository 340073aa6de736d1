"""A conversation whose rows contradict the log: kept aside, shown, released, and replayed in order."""

import os
import subprocess

import orjson
import pytest
from cassandra.cluster import Session

from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.kafka.reading.topic_reader import TopicReader
from bridge.letters.purge import plan_purge, purge_letters
from bridge.letters.states import LetterState
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from stack.waiting import wait_until
from tests.integration.test_commands import chat_tasks
from tests.pipeline.conversation import (
    PATIENCE_SECONDS,
    assert_rows_match,
    read_outputs,
    read_topic,
    send,
    some_messages,
    stored_rows,
)
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment

pytestmark = [pytest.mark.servers, pytest.mark.long]

SICK = "sick"


def messages_of(number: int, tag: str) -> list[InstantMessage]:
    """Of the conversation that is going to be quarantined."""
    return [
        InstantMessage(conversationKey=SICK, sender="ann", recipients=["bob"], body=f"{tag} {index}")
        for index in range(number)
    ]


def damage(session: Session, settings: Settings, key: str = SICK) -> None:
    """A row that nobody can have written takes the number of the next message."""
    mine = stored_rows(session, settings)[key]
    session.execute(
        f"INSERT INTO {settings.cassandra_keyspace}.messages (conversation_key, bucket, seq, sender, body, log_id, "
        "log_offset) VALUES (%s, 0, %s, 'nobody', 'nothing', %s, 1000000000) USING TIMESTAMP 1",
        (key, len(mine), mine[0].log_id),
    )


def mend(session: Session, settings: Settings, number: int) -> None:
    """The row goes; a deletion by the clock would hide what is written there later."""
    session.execute(
        f"DELETE FROM {settings.cassandra_keyspace}.messages USING TIMESTAMP 1 "
        "WHERE conversation_key = %s AND bucket = 0 AND seq = %s",
        (SICK, number),
    )


def shown(deployment: Deployment) -> list[tuple[str, str, int]]:
    """Key, state and dead letters waiting of each."""
    found = chat_tasks(deployment, "quarantine", "show", "--json")
    assert found.returncode == 0, found.stderr
    return [(one["conversationKey"], one["state"], one["deadLettersWaiting"]) for one in orjson.loads(found.stdout)]


def promised_after_release(deployment: Deployment) -> set[str]:
    """The topics for which `erase` names no time before the conversation is released."""
    looked = chat_tasks(deployment, "erase", SICK, "--all", "--dry-run", "--json")
    assert looked.returncode == 0, looked.stderr
    copies = orjson.loads(looked.stdout)["copies"]
    return {one["place"] for one in copies if one["until"] is None and "after the release" in one["remedy"]}


def quarantine_some(deployment: Deployment, session: Session, number: int) -> list[InstantMessage]:
    """Five messages that are published, and so many that are kept aside."""
    settings = deployment.settings
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    before, kept_aside = messages_of(5, "before"), messages_of(number, "kept aside")
    send(settings, before)
    read_outputs(settings, before)
    dispatch.stop()
    damage(session, settings)
    deployment.start("dispatch.1")
    send(settings, kept_aside)
    assert wait_until(lambda: shown(deployment) == [(SICK, "quarantined", number)], PATIENCE_SECONDS, interval=0.3)
    return before + kept_aside


def test_kept_aside_shown_released_and_replayed_while_all_others_flow(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(replay_window=16)
    settings = deployment.settings
    messages = quarantine_some(deployment, cassandra, 30)
    others = some_messages(300, 20, tag="well")
    send(settings, others)
    read_outputs(settings, others)
    for_people = chat_tasks(deployment, "quarantine", "show").stdout
    assert SICK in for_people
    assert "30" in for_people

    # No time is promised for what a release is going to publish.
    assert {settings.output_topic, settings.block_topic} <= promised_after_release(deployment)
    refused = chat_tasks(deployment, "quarantine", "release", SICK)
    assert refused.returncode == 2
    assert "this conversation is quarantined again: row 5 was written from offset 1000000000" in refused.stderr
    later = messages_of(10, "while it was quarantined again")
    send(settings, later)
    assert wait_until(lambda: shown(deployment) == [(SICK, "quarantined", 40)], PATIENCE_SECONDS, interval=0.3)

    refused = chat_tasks(deployment, "letters", "replay", "--all")
    assert refused.stdout.startswith("0 letters sent again\n40 are not sent; the first one is ")
    assert f'`chat-tasks quarantine release` publishes the letters of "{SICK}" in order' in refused.stdout
    assert plan_purge(settings, None) == []

    mend(cassandra, settings, 5)
    released = chat_tasks(deployment, "quarantine", "release", SICK)
    assert released.returncode == 0, released.stderr
    assert released.stdout.splitlines() == [
        f'"{SICK}": the release is requested',
        f'"{SICK}": released, all its dead letters are published',
    ]
    assert shown(deployment) == []
    assert promised_after_release(deployment) == set()

    after = messages_of(10, "after")
    send(settings, after)
    everything = [*messages, *others, *later, *after]
    assert_rows_match(cassandra, settings, read_outputs(settings, everything))
    letters = [one.value() for one in read_topic(settings, settings.dead_letter_topic, 41) if one.value() is not None]
    assert len(set(letters)) == len(letters) == 40
    [doomed] = plan_purge(settings, None)
    assert (doomed.letters, doomed.receipts, doomed.stopper) == ({LetterState.RELEASED: 40}, 1, None)
    purge_letters(settings, [doomed])
    assert [message for messages in read_dead_letters(settings) for message in messages] == []


def test_whoever_is_killed_in_the_middle_of_a_release_loses_and_doubles_nothing(
    deploy: Deploy, cassandra: Session
) -> None:
    deployment = deploy(records_in_flight=4000, task_records=50, replay_window=16)
    settings = deployment.settings
    messages = quarantine_some(deployment, cassandra, 3000)
    mend(cassandra, settings, 5)
    command = [str(SCRIPTS / "chat-tasks"), "quarantine", "release", SICK]
    environment = {**os.environ, **deployment.environment}
    with (
        TopicReader(settings, [settings.output_topic]) as reader,
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as interrupted,
    ):
        newer = messages_of(100, "newer")
        send(settings, newer)
        for round_ in range(2):
            assert wait_until(lambda: bool(reader.poll(0.1)), PATIENCE_SECONDS, interval=0)
            [running] = [one for one in deployment.processes if one.name == "dispatch.1" and one.runs]
            running.kill()
            if round_ == 0:
                interrupted.kill()
            deployment.start("dispatch.1")
    released = chat_tasks(deployment, "quarantine", "release", SICK)
    assert (released.returncode, released.stdout.splitlines()[0]) == (
        0,
        f'"{SICK}": the release was requested before',
    ), released.stderr
    assert shown(deployment) == []
    assert_rows_match(cassandra, settings, read_outputs(settings, messages + newer))


def test_without_dispatch_the_request_stays(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(session_timeout=6, replay_window=16)
    settings = deployment.settings
    messages = quarantine_some(deployment, cassandra, 3)
    [dispatch] = [one for one in deployment.processes if one.name == "dispatch.1" and one.runs]
    dispatch.stop()
    mend(cassandra, settings, 5)
    waited = chat_tasks(deployment, "quarantine", "release", SICK, "--timeout", "1")
    assert waited.returncode == 2
    assert "this conversation is not released after 1 seconds" in waited.stderr
    assert shown(deployment) == [(SICK, "release requested", 3)]
    deployment.start("dispatch.1")
    assert_rows_match(cassandra, settings, read_outputs(settings, messages))
    assert wait_until(lambda: shown(deployment) == [], PATIENCE_SECONDS, interval=0.5)


def test_what_is_not_quarantined_cannot_be_released(deploy: Deploy) -> None:
    deployment = deploy()
    assert chat_tasks(deployment, "quarantine", "show").stdout == "no conversation is quarantined\n"
    refused = chat_tasks(deployment, "quarantine", "release", "abc")
    assert (refused.returncode, refused.stderr) == (2, "chat-tasks: this conversation is not quarantined\n")
