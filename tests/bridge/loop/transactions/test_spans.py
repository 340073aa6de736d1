"""The spans of transactions."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from bridge.kafka.headers import Headers
from bridge.kafka.transaction import Output, Source, Transaction
from bridge.loop.transactions.spans import TransactionSpans
from tests.exported_spans import ExportedSpans, exported_spans

SENDER = 0xB7AD6B7169203331


@pytest.fixture
def exported() -> Iterator[ExportedSpans]:
    """What this process exports."""
    with exported_spans() as spans:
        yield spans


def output(trace: int, topic: str = "conversation_log", *, sampled: bool = True) -> Output:
    headers: Headers = [("traceparent", f"00-{trace:032x}-{SENDER:016x}-0{sampled:d}".encode())]
    return Output(topic, 0, b"key", b"value", headers if trace else [])


def by_name(exported: ExportedSpans) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exported.all()}


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def test_ingest_processes_sends_and_commits(exported: ExportedSpans) -> None:
    outputs = [output(0), output(9), output(7), output(7, "dead_letter"), output(1, sampled=False)]
    with TransactionSpans(Transaction(outputs, (), 0, Source("instant_message_in", 5)), "chat_ingest") as spans:
        spans.sent()
    found = by_name(exported)
    process = found.pop("process instant_message_in")
    assert found.keys() == {"send conversation_log", "send dead_letter", "commit"}
    assert {parent_of(span) for span in found.values()} == {process.context.span_id}
    assert (process.start_time, parent_of(process)) == (5, SENDER)
    assert {span.context.trace_id for span in (process, *found.values())} == {7}
    assert [link.context.trace_id for link in process.links] == [7, 9]
    counts = {name: (span.attributes or {})["messaging.batch.message_count"] for name, span in found.items()}
    assert counts == {"send conversation_log": 4, "send dead_letter": 1, "commit": 5}
    assert (found["commit"].attributes or {})["messaging.operation.type"] == "settle"
    assert all(span.status.status_code is StatusCode.UNSET for span in found.values())


def test_what_workers_have_processed_is_sent_and_committed_below_the_sender(exported: ExportedSpans) -> None:
    with TransactionSpans(Transaction([output(7, "instant_message_out")], ()), "chat_dispatch") as spans:
        spans.sent()
    found = by_name(exported)
    assert found.keys() == {"send instant_message_out", "commit"}
    assert {parent_of(span) for span in found.values()} == {SENDER}


@pytest.mark.parametrize("has_sent", [False, True])
def test_a_transaction_that_fails_says_so(exported: ExportedSpans, *, has_sent: bool) -> None:
    transaction = Transaction([output(7)], (), 0, Source("instant_message_in", 5))

    def fail() -> None:
        with TransactionSpans(transaction, "chat_ingest") as spans:
            if has_sent:
                spans.sent()
            raise TimeoutError

    with pytest.raises(TimeoutError):
        fail()
    found = by_name(exported)
    failed = {name for name, span in found.items() if span.status.status_code is StatusCode.ERROR}
    assert failed == {"process instant_message_in", "commit" if has_sent else "send conversation_log"}


def test_commits_alone_and_traces_that_are_not_sampled_make_no_span(exported: ExportedSpans) -> None:
    for outputs in ([], [output(0), output(7, sampled=False)]):
        with TransactionSpans(Transaction(outputs, (), 0, Source("instant_message_in", 5)), "chat_ingest") as spans:
            spans.sent()
    assert by_name(exported) == {}
