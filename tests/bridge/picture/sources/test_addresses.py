import pytest

from bridge.picture.sources.addresses import Place, places_of, resolved
from chat_tasks.errors import ConfigurationError


def test_a_port_and_a_range_of_ports() -> None:
    places = places_of(["10.0.0.7:8000", "127.0.0.1:5000-5002"])
    assert places == [Place("10.0.0.7", 8000), *(Place("127.0.0.1", port) for port in (5000, 5001, 5002))]


@pytest.mark.parametrize(
    "word", ["", "ingest", ":8000", "ingest:", "ingest:x", "ingest:1-x", "ingest:2-1", "a:0", "a:1-65536", "a:1-1001"]
)
def test_what_is_no_place_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="CHAT_PROCESSES"):
        places_of([word])


def test_a_name_that_nobody_knows_has_no_address() -> None:
    assert resolved([Place("nobody.invalid", 1), Place("127.0.0.1", 2)]) == ["127.0.0.1:2"]
