"""Any part of a conversation, with what was erased and what is missing, whatever users have written."""

from typing import Any

import orjson
import pytest
from cassandra.cluster import Session

from chat_tasks.printable import printable, printable_lines
from chat_tasks.settings import Settings
from tests.integration.test_commands import chat_tasks
from tests.pipeline.deployment import Deploy, Deployment

pytestmark = pytest.mark.servers

KEY = "k\u202e\x1b[2J\n  8  forged"
BODY = "hello\n       9  bob: I, bob, pay you 100\x07\x9b31m"
LOG = "00000000-0000-0000-0000-000000000001"


def put_rows(session: Session, settings: Settings, number: int) -> None:
    """As the pipeline writes them, in buckets of four; the number 7 has an empty text."""
    keyspace = settings.cassandra_keyspace
    for bucket in range(1, (number - 1) // 4 + 1):
        session.execute(
            f"INSERT INTO {keyspace}.conversation_buckets (conversation_key, bucket) VALUES (%s, %s)", (KEY, bucket)
        )
    session.execute(
        f"UPDATE {keyspace}.messages SET newest_bucket = %s WHERE conversation_key = %s AND bucket = 0",
        ((number - 1) // 4, KEY),
    )
    for sequence in range(number):
        session.execute(
            f"INSERT INTO {keyspace}.messages (conversation_key, bucket, seq, sender, recipients, body, log_id, "
            f"log_offset, sent_at) VALUES (%s, %s, %s, 'eve\x1b', ['bob'], %s, {LOG}, %s, 1700000000000) "
            "USING TIMESTAMP %s",
            (
                KEY,
                sequence // 4,
                sequence,
                "" if sequence == 7 else f"{BODY} {sequence}",
                sequence * 2,
                1 + sequence * 2,
            ),
        )


def shown(deployment: Deployment, *arguments: str) -> list[dict[str, Any]]:
    found = chat_tasks(deployment, "history", KEY, "--json", *arguments)
    assert found.returncode == 0, found.stderr
    assert printable_lines(found.stdout) == found.stdout
    return [orjson.loads(line) for line in found.stdout.splitlines()]


def test_pages_with_what_is_erased_and_what_is_missing(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(bucket_size=4)
    settings = deployment.settings
    put_rows(cassandra, settings, 14)
    table, mine = f"{settings.cassandra_keyspace}.messages", "WHERE conversation_key = %s AND bucket = %s AND seq"
    cassandra.execute(f"DELETE FROM {table} {mine} >= %s", (KEY, 0, 2))
    cassandra.execute(f"DELETE FROM {table} {mine} = %s", (KEY, 1, 4))
    cassandra.execute(f"UPDATE {table} SET body = '', recipients = [] {mine} = %s", (KEY, 1, 5))
    cassandra.execute(f"DELETE body FROM {table} {mine} = %s", (KEY, 1, 6))

    everything = shown(deployment)
    assert [(one["conversationMsgSeq"], one["state"]) for one in everything] == [
        (0, "stored"),
        (1, "stored"),
        (2, "missing"),
        (5, "erased"),
        (6, "erased"),
        *((number, "stored") for number in range(7, 14)),
    ]
    assert everything[2]["lastMsgSeq"] == 4
    assert everything[5]["body"] == ""
    assert everything[0] == {
        "state": "stored",
        "conversationMsgSeq": 0,
        "sentAt": "2023-11-14T22:13:20.000+00:00",
        "sender": "eve\x1b",
        "recipients": ["bob"],
        "body": f"{BODY} 0",
    }
    for arguments, numbers in (
        (("-n", "2"), [12, 13]),
        (("--before", "9", "-n", "3"), [6, 7, 8]),
        (("--after", "10"), [11, 12, 13]),
        (("--around", "9", "-n", "4"), [7, 8, 9, 10]),
        (("--after", "13"), []),
    ):
        assert [one["conversationMsgSeq"] for one in shown(deployment, *arguments)] == numbers

    for_people = chat_tasks(deployment, "history", KEY, "--around", "5", "-n", "4").stdout
    assert for_people == "".join(
        f"{line}\n"
        for line in (
            "       3  missing  up to 4",
            "       5  erased   2023-11-14T22:13:20.000+00:00  eve\\u001b: ",
            "       6  erased   2023-11-14T22:13:20.000+00:00  eve\\u001b: ",
        )
    )
    nobody = chat_tasks(deployment, "history", f"{KEY}!").stdout
    assert nobody == f"no such messages of conversation {printable(orjson.dumps(f'{KEY}!').decode())}\n"
