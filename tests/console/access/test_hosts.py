import pytest

from console.access.hosts import is_loopback, is_our_host, is_same_origin


@pytest.mark.parametrize("host", ["localhost", "localhost:15556", "127.0.0.1:15556", "[::1]:15556", "LOCALHOST"])
def test_a_console_at_the_loopback_address_is_known_by_its_names(host: str) -> None:
    assert is_our_host(host, "127.0.0.1", ())


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:15556",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[::1",
        "a@b@c",
        "10.0.0.1",
    ],
)
def test_another_name_that_resolves_here_is_refused(host: str) -> None:
    assert not is_our_host(host, "127.0.0.1", ())


def test_a_console_for_others_is_known_by_the_names_that_it_was_given() -> None:
    assert is_our_host("console.example:443", "0.0.0.0", {"console.example"})
    assert not is_our_host("localhost", "0.0.0.0", {"console.example"})


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:15556", "localhost:15556", True),
        ("https://console.example", "console.example", True),
        ("http://evil.example", "localhost:15556", False),
        ("http://localhost:8000", "localhost:15556", False),
        ("null", "localhost:15556", False),
        ("", "localhost:15556", False),
        ("", "", False),
    ],
)
def test_only_pages_of_the_same_host_and_port_may_change_something(origin: str, host: str, *, same: bool) -> None:
    assert is_same_origin(origin, host) is same


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("example", False),
    ],
)
def test_loopback_addresses(address: str, *, loopback: bool) -> None:
    assert is_loopback(address) is loopback
