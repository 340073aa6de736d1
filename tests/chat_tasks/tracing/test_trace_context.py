"""Which headers are a context of a sampled trace, and which of many contexts a batch chooses."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chat_tasks.tracing.trace_context import MOST_SENDERS, TraceContext, context_of, contexts_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{SPAN}-01"

digits = st.text("0123456789abcdef", min_size=32, max_size=32)
nearly = st.builds(
    "{}-{}-{}-{}{}".format,
    st.sampled_from(["00", "01", "fe", "ff", "0", "0A"]),
    digits | st.just("0" * 32),
    digits.map(lambda text: text[:16]) | st.just("0" * 16),
    st.sampled_from(["00", "01", "02", "03", "ff", "1", "0g"]),
    st.sampled_from(["", "-", "-more", "x", "\n"]),
)


@given(st.binary(max_size=80) | nearly.map(str.encode))
@example(SAMPLED.encode())
def test_a_header_is_a_context_if_opentelemetry_takes_it_for_a_sampled_one(value: bytes) -> None:
    found = context_of([("traceparent", value)])
    try:
        extracted = TraceContextTextMapPropagator().extract({"traceparent": value.decode()})
        theirs = trace.get_current_span(extracted).get_span_context()
        is_sampled = theirs.is_valid and theirs.trace_flags.sampled
    except UnicodeDecodeError:
        is_sampled = False
    # It also takes blanks and line breaks around the header.
    if value != value.strip():
        assert found is None
    else:
        assert (found is not None) == is_sampled
    if found is not None:
        assert found.traceparent == f"{value[:2].decode()}-{theirs.trace_id:032x}-{theirs.span_id:016x}-" + (
            value[53:55].decode()
        )


@pytest.mark.parametrize(
    "value",
    [None, b"", b"\xff\xfe", b"\x00" * 55, SAMPLED.encode()[:-1], SAMPLED.upper().encode(), SAMPLED.encode("utf-16")],
)
def test_a_broken_header_is_ignored(value: bytes | None) -> None:
    assert context_of([("traceparent", value), ("tracestate", value)]) is None


def test_a_trace_that_is_not_sampled_is_none_of_ours() -> None:
    assert context_of([("traceparent", f"00-{TRACE}-{SPAN}-00".encode())]) is None
    assert context_of([("Traceparent", SAMPLED.encode())]) is None
    assert context_of([]) is None


def test_the_last_header_of_a_name_counts() -> None:
    headers = [("traceparent", b"broken"), ("tracestate", b"a=1"), ("traceparent", SAMPLED.encode())]
    assert context_of(headers) == TraceContext(SAMPLED, "a=1")
    assert context_of([*headers, ("traceparent", b"broken")]) is None


@pytest.mark.parametrize("state", [None, b"\xc3\xa9=1", b"a=" + b"1" * 511])
def test_a_state_that_is_none_is_left_out(state: bytes | None) -> None:
    assert context_of([("traceparent", SAMPLED.encode()), ("tracestate", state)]) == TraceContext(SAMPLED)


def test_baggage_is_not_carried() -> None:
    assert context_of([("traceparent", SAMPLED.encode()), ("baggage", b"user=bob")]) == TraceContext(SAMPLED)


@given(st.lists(st.tuples(digits.filter(lambda text: text != "0" * 32), st.booleans()), max_size=60))
def test_a_batch_chooses_the_lowest_trace_ids_whatever_the_order(traces: list[tuple[str, bool]]) -> None:
    headers = [[("traceparent", f"00-{one}-{SPAN}-0{sampled:d}".encode())] for one, sampled in traces]
    chosen = contexts_of(headers)
    assert [one.traceparent[3:35] for one in chosen] == sorted({one for one, sampled in traces if sampled})[:32]
    assert contexts_of(reversed(headers)) == chosen
    assert len(chosen) <= MOST_SENDERS
