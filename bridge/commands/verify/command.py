"""The command `chat-tasks verify`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import click
import orjson
from confluent_kafka import KafkaException
from rich.console import Console
from rich.progress import Progress, TextColumn

from bridge.commands.verify.comparison import Anomaly
from bridge.commands.verify.finished import FinishedRecords
from bridge.commands.verify.verification import Counts, Verification
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.topics.ids import known_topics
from bridge.terminal import show_line
from chat_tasks.settings import Settings
from chat_tasks.storage.inspection.stored_runs import StoredRuns
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import connected


@click.command()
@click.argument("conversations", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="As a JSON object a line; the last one has the counts.")
def verify(conversations: tuple[str, ...], *, as_json: bool) -> None:
    """Compare the rows with what was published.

    All CONVERSATIONS, or those given. It only reads, and may be run at any time. Exit code 0: nothing is wrong. 1:
    anomalies were found.
    """
    settings, counts = Settings(), Counts()
    with connected(settings) as session:
        log_id = known_topics(check_stored_settings(session, settings), [settings.log_topic])[settings.log_topic].id
        stored = StoredRuns(session, settings.cassandra_keyspace, settings.bucket_size)
        try:
            finished = FinishedRecords(settings, log_id)
        except KafkaException as error:
            raise KafkaUnavailable(describe_kafka_error(error)) from error
        verification = Verification(settings, stored, finished, conversations, counts)
        with closing(verification), _progress() as advance:
            for anomaly in verification.run(advance):
                _show(anomaly, as_json=as_json)
    if as_json:
        show_line(orjson.dumps(counts.document()).decode())
    else:
        show_line(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.document().items()))
    sys.exit(1 if counts.anomalies else 0)


def _show(anomaly: Anomaly, *, as_json: bool) -> None:
    kind, key, first, last = anomaly
    if as_json:
        document = {"kind": kind, "conversationKey": key, "first": first, "last": last}
        show_line(orjson.dumps(document).decode())
    else:
        numbers = f"number {first}" if first == last else f"numbers {first} to {last}"
        show_line(f"{kind}: conversation {orjson.dumps(key).decode()}, {numbers}")


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Shows on a terminal how many messages were read."""
    console = Console(stderr=True)
    column = TextColumn("{task.completed:,} messages read")
    with Progress(column, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)
        yield lambda count: progress.advance(task, count)
