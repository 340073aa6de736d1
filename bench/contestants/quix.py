"""The pipeline on quix-streams, exactly once: numbers in its state store, plain inserts confirmed at checkpoints.

Runs in an environment of its own, because quix-streams wants an older Kafka client: it may import nothing of the
project, and gets the settings from the environment.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from cassandra import ConsistencyLevel, ProtocolVersion
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from quixstreams import Application, State
from quixstreams.sinks import BaseSink

# A checkpoint is a transaction; rarer ones are cheaper, and outputs come later.
_COMMIT_SECONDS = 0.5


class _Rows(BaseSink):  # type: ignore[misc] # it is not installed where this is checked
    """Inserts in flight until the checkpoint, which waits for them."""

    def __init__(self) -> None:
        super().__init__()
        profile = ExecutionProfile(consistency_level=ConsistencyLevel.LOCAL_QUORUM)
        self._session = Cluster(
            os.environ["CHAT_CASSANDRA_CONTACT_POINTS"].split(","),
            port=int(os.environ["CHAT_CASSANDRA_PORT"]),
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            # As the product's own sessions, for the same reasons.
            protocol_version=ProtocolVersion.V4,
            sockopts=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        ).connect(os.environ["CHAT_CASSANDRA_KEYSPACE"])
        self._session.execute(
            "CREATE TABLE IF NOT EXISTS quix (conversation_key text, seq bigint, sender text, "
            "recipients frozen<list<text>>, body text, PRIMARY KEY (conversation_key, seq)) "
            "WITH CLUSTERING ORDER BY (seq DESC)"
        )
        self._insert = self._session.prepare(
            "INSERT INTO quix (conversation_key, seq, sender, recipients, body) VALUES (?, ?, ?, ?, ?)"
        )
        self._in_flight: list[Any] = []

    def add(self, value: Any, *_: object, **__: object) -> None:
        """Send the row of one output."""
        row = (value["conversationKey"], value["conversationMsgSeq"], value["sender"], value["recipients"])
        self._in_flight.append(self._session.execute_async(self._insert, (*row, value["body"])))

    def flush(self) -> None:
        """Wait for all inserts. An exception of one of them fails the checkpoint."""
        for future in self._in_flight:
            future.result()
        self._in_flight.clear()


def _number(message: dict[str, Any], state: State) -> dict[str, Any]:
    sequence = state.get("next", 0)
    state.set("next", sequence + 1)
    return {
        "conversationKey": message["conversationKey"],
        "sender": message["sender"],
        "recipients": message["recipients"],
        "conversationMsgSeq": sequence,
        "body": message["body"],
    }


def main() -> None:
    """Run until the process is ended."""
    application = Application(
        os.environ["CHAT_KAFKA_BOOTSTRAP_SERVERS"],
        consumer_group=os.environ["CHAT_INGEST_GROUP"],
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=_COMMIT_SECONDS,
        consumer_poll_timeout=0.05,
        producer_extra_config={"linger.ms": 5, "compression.type": "lz4"},
        state_dir=os.path.join(os.environ["BENCH_FOLDER"], os.environ["HONCHO_PROCESS_NAME"]),  # noqa: PTH118
        loglevel="WARNING",
    )
    messages = application.dataframe(application.topic(os.environ["CHAT_MESSAGE_TOPIC"], key_deserializer="str"))
    if not int(os.environ["BENCH_KEYED"]):
        # State is kept by partition, so a conversation has to be in one.
        messages = messages.group_by("conversationKey", key_serializer="str", key_deserializer="str")
    numbered = messages.apply(_number, stateful=True)
    numbered.to_topic(application.topic(os.environ["CHAT_OUTPUT_TOPIC"], key_serializer="str"))
    numbered.sink(_Rows())
    application.run()


if __name__ == "__main__":
    main()
