"""Writes the audit: an action is written before it is carried out, and its outcome afterwards."""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from bridge.audit.entry import Action, Entry, Result, Who, begun_entry, encode_entry, ended_entry, failure_of
from bridge.checks import audit_faults
from bridge.kafka.clients import base_config
from bridge.kafka.connection.denials import denied, is_denied
from bridge.kafka.connection.reports import with_cause
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from chat_tasks.errors import ConfigurationError, DependencyUnavailable, NotAudited
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_SECONDS = 5.0


@dataclass(slots=True)
class Recording:
    """What may be said of an action that goes well, such as where a message lies; never a text."""

    detail: str = ""


class AuditTrail:
    """Writes entries, each acknowledged by all copies before its method returns.

    The console's watch owns one, and each command that changes something. All methods block, and may be called in any
    thread. The client is made at first use, and finds brokers that come back. Invariant: what could not be written is
    not carried out.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: Producer | None = None

    @contextmanager
    def record(self, action: Action, target: str, who: Who) -> Iterator[Recording]:
        """Record what is carried out within the block, and what comes of it.

        Raises `NotAudited` before the block is entered if the action cannot be written.
        """
        entry = self.begin(action, target, who)
        recording = Recording()
        try:
            yield recording
        except BaseException as error:
            self.end(entry, Result.FAILED, failure_of(error))
            raise
        self.end(entry, Result.DONE, recording.detail)

    def begin(self, action: Action, target: str, who: Who) -> Entry:
        """Write that an action begins; `end` has to follow. Raises `NotAudited`: then it must not be carried out."""
        entry = begun_entry(uuid.uuid4().hex, time.time(), who, action, target)
        try:
            self._write(entry)
        except (DependencyUnavailable, ConfigurationError) as error:
            raise NotAudited(f"nothing was done, because the audit cannot be written: {error}") from error
        return entry

    def end(self, entry: Entry, result: Result, detail: str = "") -> None:
        """Write what came of an action. If that fails the entry stays `begun`, and the log says so."""
        try:
            self._write(ended_entry(entry, time.time(), result, detail))
        except (DependencyUnavailable, ConfigurationError) as error:
            logger.warning(
                "the outcome of %s (%s) is not in the audit: %s",
                entry.action,
                result,
                error,
                extra={"event": "outcome_not_audited", "reason": str(error)},
            )

    def _write(self, entry: Entry) -> None:
        producer = self._connected()
        topic = self._settings.audit_topic
        failed: list[DependencyUnavailable] = []
        acknowledged = threading.Event()

        def delivered(error: object, _: object) -> None:
            if error is not None:
                is_ours = is_denied(error)
                what = f"WRITE of topic {topic}"
                failed.append(denied(error, what) if is_ours else KafkaUnavailable(describe_kafka_error(error)))
            acknowledged.set()

        key, value = encode_entry(entry)
        try:
            producer.produce(topic, value, key, on_delivery=delivered)
        except (KafkaException, BufferError) as error:
            raise KafkaUnavailable(describe_kafka_error(error)) from error
        # Another thread that waits may have called back for this record.
        deadline = time.monotonic() + _SECONDS + 1.0
        while not acknowledged.is_set() and time.monotonic() < deadline:
            producer.poll(0.05)
        if failed:
            raise failed[0]
        if not acknowledged.is_set():
            raise KafkaUnavailable(with_cause(f"Kafka did not acknowledge within {_SECONDS:.0f} seconds"))

    def _connected(self) -> Producer:
        """The client, once the topic is known to be what it has to be."""
        with self._lock:
            if self._producer is None:
                self._check_topic()
                self._producer = Producer(
                    {
                        **base_config(self._settings),
                        "acks": "all",
                        "linger.ms": 0,
                        "message.timeout.ms": _SECONDS * 1000,
                    }
                )
            return self._producer

    def _check_topic(self) -> None:
        """Raise `ConfigurationError` if the topic is missing, or would forget entries, and `DependencyUnavailable`."""
        for fault in audit_faults(self._settings, AdminClient(base_config(self._settings))):
            if fault.is_vital:
                raise ConfigurationError(str(fault))
