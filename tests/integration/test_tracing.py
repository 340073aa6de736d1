"""One trace, from a sender's record to the output, over real servers and a real collector."""

import signal

import psutil
import pytest
from redis import Redis

from bridge.kafka.headers import SENT_AT, Headers
from bridge.kafka.send import send_record
from chat_tasks.conversation.routing import queue_name, queue_of
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.pipeline.collector import CollectedSpan, Collector, collecting
from tests.pipeline.conversation import PATIENCE_SECONDS, read_topic
from tests.pipeline.deployment import Deploy
from tests.pipeline.scraped import Metrics

pytestmark = pytest.mark.servers

CANARY = "canary-5e1d"
TRACE, SENDER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED: Headers = [
    ("traceparent", f"00-{TRACE}-{SENDER}-01".encode()),
    ("tracestate", b"vendor=1"),
    ("baggage", f"user={CANARY}".encode()),
]
OTHERS: list[Headers] = [
    [],
    [("traceparent", b"00-11111111111111111111111111111111-2222222222222222-00")],
    [("traceparent", b"\xff\x00"), ("tracestate", None)],
    [("traceparent", None)],
]


def message(number: int, key: str = f"{CANARY}-key") -> bytes:
    return encode_message(
        InstantMessage(
            conversationKey=key,
            sender=f"{CANARY}-sender",
            recipients=[f"{CANARY}-recipient"],
            body=f"{CANARY}-body {number}",
        )
    )


def queue_of_all(settings: Settings) -> str:
    return queue_name(settings.redis_prefix, queue_of(f"{CANARY}-key".encode(), settings.queues))


def variables(collector: Collector) -> dict[str, str]:
    """What an operator sets, and a shorter delay."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}


def wait_for_span(collector: Collector, name: str) -> CollectedSpan:
    """The first span of that name."""
    assert wait_until(lambda: bool(collector.named(name)), PATIENCE_SECONDS), [span.name for span in collector.spans]
    return collector.named(name)[0]


def shape(collector: Collector, parent: str) -> dict[str, object]:
    """What is below a span, by name."""
    return {span.name: shape(collector, span.span_id) for span in collector.children(parent)}


def test_one_trace_from_the_senders_record_to_the_output(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    queue, ports = queue_of_all(settings), {"ingest.1": free_port(), "dispatch.1": free_port()}
    with collecting() as collector:
        ingest, dispatch, worker = (
            deployment.start(name, **variables(collector), **environment)[0]
            for name, environment in (
                *((name, {"CHAT_HTTP_PORT": str(port)}) for name, port in ports.items()),
                ("prefork.1", {}),
            )
        )
        # The worker's children have started when the first message is there.
        send_record(settings, settings.message_topic, message(0, f"{CANARY}-other"), partition=0)
        read_topic(settings, settings.output_topic, 1)
        send_record(settings, settings.message_topic, message(0), partition=0, headers=SAMPLED)
        sent = f"send {settings.output_topic}"
        wait_for_span(collector, sent)
        for number, headers in enumerate(OTHERS, start=1):
            send_record(settings, settings.message_topic, message(number), partition=0, headers=headers)
        outputs = read_topic(settings, settings.output_topic, 2 + len(OTHERS))
        # Idle bridges go on to poll, and to commit.
        for port in ports.values():
            metrics = Metrics(port)
            metrics.wait_above(metrics.total("transactions_total") + 2, "transactions_total")
        assert [process.stop() for process in (ingest, dispatch, worker)] == [0, 0, 0]

    # Every header comes out as it was sent.
    mine = [one for one in outputs if one.key() == f"{CANARY}-key".encode()]
    assert [[header for header in one.headers() if header[0] != SENT_AT] for one in mine] == [SAMPLED, *OTHERS]

    print("\n".join(collector.tree(SENDER)))
    below: dict[str, object] = {"send " + settings.log_topic: {}, "commit": {}}
    assert shape(collector, SENDER) == {
        f"process {settings.message_topic}": below,
        f"send {queue}": {
            f"process {queue}": {"EVAL": {}, "SELECT messages": {}, "SELECT gossip_info": {}, "BATCH messages": {}}
        },
        sent: {},
        "commit": {},
    }
    # Nothing else was exported: not of the other messages, and not while nothing happened.
    assert len(collector.spans) == 11
    assert {(span.trace_id, span.trace_state, span.is_error) for span in collector.spans} == {
        (TRACE, "vendor=1", False)
    }
    assert {(span.service.removeprefix("chat-tasks-"), span.name, span.kind) for span in collector.spans} == {
        ("ingest", f"process {settings.message_topic}", "CONSUMER"),
        ("ingest", f"send {settings.log_topic}", "PRODUCER"),
        ("ingest", "commit", "CLIENT"),
        ("dispatch", f"send {queue}", "PRODUCER"),
        ("worker", f"process {queue}", "CONSUMER"),
        ("worker", "EVAL", "CLIENT"),
        ("worker", "SELECT messages", "CLIENT"),
        ("worker", "SELECT gossip_info", "CLIENT"),
        ("worker", "BATCH messages", "CLIENT"),
        ("dispatch", sent, "PRODUCER"),
        ("dispatch", "commit", "CLIENT"),
    }
    assert {span.attributes["messaging.operation.type"] for span in collector.named("commit")} == {"settle"}
    directly = [span for span in collector.spans if span.parent_id == SENDER]
    assert all(span.links == [(TRACE, SENDER)] for span in directly)
    # Each begins after what it follows from.
    process, task, output = (
        collector.named(f"{what}")[0] for what in (f"process {settings.message_topic}", f"process {queue}", sent)
    )
    assert process.start < task.start < output.start
    assert not any(CANARY.encode() in body for body in collector.requests)


@pytest.mark.parametrize("worker", ["worker.1", "prefork.1"])
def test_a_request_has_a_trace_too_and_processes_export_the_rest_when_they_end(deploy: Deploy, worker: str) -> None:
    deployment = deploy()
    settings = deployment.settings
    queue = queue_of_all(settings)
    request = f'{{"conversationKey":"{CANARY}-key","numMsgs":5}}'.encode()
    with collecting() as collector:
        never = {**variables(collector), "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
        processes = deployment.start("dispatch.1", worker, **never)
        send_record(settings, settings.request_topic, request, headers=SAMPLED)
        [block] = read_topic(settings, settings.block_topic, 1)
        assert collector.spans == []
        assert [process.stop() for process in processes] == [0, 0]
    assert block.headers() == SAMPLED
    assert shape(collector, SENDER) == {
        f"send {queue}": {f"process {queue}": {"SELECT messages": {}, "SELECT gossip_info": {}}},
        f"send {settings.block_topic}": {},
        "commit": {},
    }
    assert not any(CANARY.encode() in body for body in collector.requests)


def test_a_task_whose_worker_was_killed_is_seen_twice(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    queue = queue_of_all(settings)
    with collecting() as collector, Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        [*_, dispatch] = deployment.start("ingest.1", "dispatch.1", **variables(collector), CHAT_LOG_FORMAT="json")
        [worker] = deployment.start("prefork.1", **variables(collector))
        for child in psutil.Process(worker.popen.pid).children():
            child.send_signal(signal.SIGSTOP)
        send_record(settings, settings.message_topic, message(0), partition=0, headers=SAMPLED)
        lost = wait_for_span(collector, f"send {queue}")
        assert wait_until(lambda: not redis.llen(queue), PATIENCE_SECONDS)
        worker.kill()
        deployment.start("prefork.2", **variables(collector))
        wait_for_span(collector, f"send {settings.output_topic}")
        answered = wait_for_span(collector, f"process {queue}")
        for process in deployment.processes[:2]:
            assert process.stop() == 0
    sends = collector.named(f"send {queue}")
    assert lost in sends
    assert answered.parent_id in {span.span_id for span in sends} - {lost.span_id}
    assert collector.children(lost.span_id) == []
    # The log names the span whose task was lost.
    [line] = [line for line in dispatch.log.splitlines() if '"event":"task_lost"' in line or '"task_lost"' in line][:1]
    assert f'"span_id": "{lost.span_id}"' in line
    assert f'"trace_id": "{TRACE}"' in line


def test_a_collector_that_is_away_costs_spans_and_no_message(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    nobody = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}", "OTEL_BSP_SCHEDULE_DELAY": "200"}
    [ingest] = deployment.start("ingest.1", **nobody, CHAT_LOG_FORMAT="json")
    send_record(settings, settings.message_topic, message(0), partition=0, headers=SAMPLED)
    read_topic(settings, settings.log_topic, 1)
    ingest.wait_for_line("spans_not_exported")
    assert ingest.stop() == 0
    assert ingest.log.count("spans_not_exported") == 1
    assert CANARY not in ingest.log
