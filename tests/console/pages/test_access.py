"""Who may come in. The application is the real one; its watch is not started, so no server is asked."""

import re
import time
from collections.abc import AsyncGenerator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from urllib.parse import quote

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from sse_starlette import ServerSentEvent
from starlette.testclient import TestClient

import console.pages
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings
from console.access.bodies import largest_body
from console.access.guard import Guard
from console.access.roles import Role
from console.answers.live import while_let_in
from console.app import make_app
from console.events.event import Event
from console.serving import serve
from console.watch import Watch
from tests.own_loop import run

PASSWORDS = {Role.VIEWER: "figures", Role.READER: "texts", Role.OPERATOR: "everything"}


def browser(passwords: Mapping[Role, str] = {}, host: str = "127.0.0.1:15556") -> TestClient:
    settings = Settings()
    app = make_app(settings, Watch(settings), passwords, "127.0.0.1", ())
    return TestClient(app, base_url=f"http://{host}", follow_redirects=False)


def test_the_first_page_is_shown_before_any_server_has_answered() -> None:
    page = browser().get("/")
    assert page.status_code == 200
    assert "asking Kafka" in page.text


def test_a_page_loads_nothing_from_elsewhere_and_is_shown_in_no_frame() -> None:
    page = browser().get("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; frame-ancestors 'none'")
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    assert "style=" not in page.text


def test_a_name_that_is_not_ours_is_refused_before_anything_is_shown() -> None:
    page = browser(host="evil.example").get("/")
    assert page.status_code == 421
    assert "Pipeline" not in page.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8000"])
def test_a_page_of_another_site_changes_nothing(origin: str) -> None:
    message = {"sender": "ann", "body": "hello"}
    answer = browser().post("/api/conversations/abc/messages", json=message, headers={"origin": origin})
    assert answer.status_code == 403
    assert answer.text == "A page of another site sent this request.\n"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_makes_us_do_nothing_but_may_have_a_link(site: str) -> None:
    asked = browser().get("/", headers={"sec-fetch-site": site, "sec-fetch-mode": "no-cors"})
    assert (asked.status_code, asked.text) == (403, "A page of another site sent this request.\n")
    followed = browser().get("/", headers={"sec-fetch-site": site, "sec-fetch-mode": "navigate"})
    assert followed.status_code == 200


@pytest.mark.parametrize("key", ["a/b", "a\nb", "a\r\n\0b", "\n"])
def test_an_address_holds_any_key(key: str) -> None:
    message = {"sender": "ann", "body": "x" * 100_000}
    answer = browser().post(f"/api/conversations/{quote(key, safe='')}/messages", json=message)
    # It was found, and the message refused.
    assert answer.json()["error"].startswith("body: ")
    answer = browser().post("/api/messages", params={"key": key}, json=message)
    assert answer.json()["error"].startswith("body: ")


def test_a_wrong_address_is_told_to_people_and_to_programs() -> None:
    page = browser().get("/c?key=a&around=x")
    assert page.status_code == 422
    assert "around: Input should be a valid integer" in page.text
    assert page.headers["content-type"].startswith("text/html")
    [problem] = browser().get("/api/conversations/a/messages?around=x").json()["detail"]
    assert problem["loc"] == ["query", "around"]


def test_a_body_that_is_too_long_is_refused_before_anybody_is_asked_for_a_password() -> None:
    too_long = b"x" * (largest_body(Settings()) + 1)
    answer = browser(PASSWORDS).post("/api/conversations/abc/messages", content=too_long)
    assert (answer.status_code, answer.text) == (413, "The body is longer than 4,000,000 bytes.\n")


def test_a_stranger_may_send_a_password_and_no_more() -> None:
    client = browser(PASSWORDS)
    long = {"password": "x" * 20_000}
    assert client.post("/login", data=long).status_code == 401
    assert client.post("/login", data=long).text == "A password is needed.\n"
    assert client.post("/api/letters/replays", content=b"x" * 20_000, auth=("", "wrong")).status_code == 401
    assert client.post("/api/letters/replays", content=b"x" * 20_000, auth=("", "everything")).status_code == 422


def test_a_body_says_how_long_it_is() -> None:
    answer = browser().post("/api/conversations/abc/messages", content=iter([b"{", b"}"]))
    assert answer.status_code == 411


def test_without_a_password_a_browser_is_asked_for_one_and_a_program_is_told() -> None:
    client = browser(PASSWORDS)
    page = client.get("/")
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    data = client.get("/api/pipeline")
    assert (data.status_code, data.json()) == (401, {"error": "A password is needed."})
    assert client.get("/metrics").headers["www-authenticate"].startswith("Basic")


def test_a_session_lasts_until_one_leaves() -> None:
    client = browser(PASSWORDS)
    entered = client.post("/login", data={"password": "figures"})
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").status_code == 200
    token = client.cookies["chat-tasks-session"]
    client.post("/logout")
    client.cookies.set("chat-tasks-session", token)
    assert client.get("/").status_code == 303


def test_a_wrong_password_opens_nothing_and_may_be_tried_ten_times_a_minute() -> None:
    client = browser(PASSWORDS)
    answers = [client.post("/login", data={"password": f"guess {number}"}).status_code for number in range(11)]
    assert answers == [401] * 10 + [429]
    assert client.post("/login", data={"password": "everything"}).status_code == 429


def test_nothing_but_the_login_is_answered_without_a_password() -> None:
    client = browser(PASSWORDS)
    modules = [import_module(f"console.pages.{module.name}") for module in iter_modules(console.pages.__path__)]
    routers = [module.router for module in modules if hasattr(module, "router")]
    routes = [one for router in routers for one in router.routes if isinstance(one, APIRoute)]
    assert len(routes) > 40
    open_to_all = set()
    for route in routes:
        path = re.sub(r"{.*?}", "1", route.path)
        for method in route.methods or ():
            answer = client.request(method, path, params={"key": "a"}, json={})
            if (answer.status_code, answer.headers.get("location")) not in {(401, None), (303, "/login")}:
                open_to_all.add((method, path, answer.status_code))
    assert open_to_all == {("GET", "/login", 200)}


def test_a_stream_ends_when_its_reader_leaves() -> None:
    client = browser(PASSWORDS)
    assert isinstance(client.app, FastAPI)
    guard: Guard = client.app.state.guard
    token = guard.begin("texts")
    cookie = f"chat-tasks-session={token}".encode()
    request = Request({"type": "http", "app": client.app, "headers": [(b"cookie", cookie)]})

    async def texts() -> AsyncGenerator[ServerSentEvent, None]:
        for number in range(3):
            yield ServerSentEvent(f"text {number}")

    async def read() -> list[object]:
        seen: list[object] = []
        async for event in while_let_in(request, Role.READER, texts()):
            seen.append(event.data)
            if len(seen) == 2:
                guard.end(request)
        return seen

    assert guard.still(request, Role.READER)
    assert not guard.still(request, Role.OPERATOR)
    assert run(read()) == ["text 0", "text 1"]


def test_a_viewer_sees_no_key_that_a_log_names() -> None:
    settings = Settings(log_keys=True)
    watch = Watch(settings)
    now = time.time()
    watch.events.add([Event(now, "dispatch.1", "warning", "quarantined", "abc is quarantined")], now)
    client = TestClient(make_app(settings, watch, PASSWORDS, "127.0.0.1", ()), base_url="http://127.0.0.1:15556")
    for password, is_shown in (("figures", False), ("texts", True)):
        [event] = client.get("/api/events", auth=("", password)).json()
        assert event["event"] == "quarantined"
        assert ("abc" in event["message"]) is is_shown
        assert ("abc is quarantined" in client.get("/", auth=("", password)).text) is is_shown


def test_a_console_that_others_can_reach_wants_a_password() -> None:
    with pytest.raises(ConfigurationError, match=r"CHAT_CONSOLE_HOST is 0\.0\.0\.0, which others can reach"):
        serve(Settings(console_host="0.0.0.0"))


@pytest.mark.parametrize(
    ("password", "method", "path", "status"),
    [
        ("figures", "GET", "/api/pipeline", 200),
        ("figures", "GET", "/api/partitions", 200),
        ("figures", "GET", "/api/conversations/abc/messages", 403),
        ("figures", "GET", "/api/conversations/abc/events", 403),
        ("figures", "GET", "/c?key=abc", 403),
        ("figures", "GET", "/quarantine", 403),
        ("figures", "GET", "/audit", 403),
        ("figures", "POST", "/api/workers/worker.1@here/pool", 403),
        ("texts", "POST", "/api/workers/worker.1@here/pool", 403),
        ("texts", "POST", "/workers/pool", 403),
        ("figures", "GET", "/api/audit", 403),
        ("texts", "GET", "/api/letters/replays", 200),
        ("texts", "POST", "/api/conversations/abc/messages", 403),
        ("texts", "POST", "/api/quarantine/abc/release", 403),
        ("figures", "GET", "/api/letters", 403),
        ("figures", "GET", "/letters/0@1", 403),
        ("figures", "GET", "/live/replays/x", 403),
        ("texts", "POST", "/letters/0@1", 403),
        ("texts", "POST", "/letters/replays", 403),
        ("texts", "POST", "/letters/replays/x", 403),
        ("texts", "POST", "/letters/replays/x/stop", 403),
        ("texts", "POST", "/api/letters/replays", 403),
        ("nothing", "GET", "/api/pipeline", 401),
        ("figures", "GET", "/metrics", 200),
        ("nothing", "GET", "/metrics", 401),
    ],
)
def test_a_role_may_do_its_own_and_no_more(password: str, method: str, path: str, status: int) -> None:
    client = browser(PASSWORDS)
    answer = client.request(method, path, auth=("", password), json={"sender": "ann", "body": "hello"})
    assert answer.status_code == status


def test_what_ingest_would_refuse_is_not_sent() -> None:
    answer = browser().post(f"/api/conversations/{'k' * 600}/messages", json={"sender": "ann", "body": "hello"})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("conversationKey: ")


def test_everything_that_programs_may_ask_is_described() -> None:
    paths = browser().get("/api/openapi.json").json()["paths"]
    assert set(paths) == {
        "/api/pipeline",
        "/api/partitions",
        "/api/doctor",
        "/api/audit",
        "/api/letters",
        "/api/letters/figures",
        "/api/letters/{letter}",
        "/api/letters/replays",
        "/api/letters/replays/{replay_id}",
        "/api/letters/replays/{replay_id}/stop",
        "/api/events",
        "/api/workers",
        "/api/workers/{worker}/pool",
        "/api/quarantine",
        "/api/quarantine/{key}",
        "/api/quarantine/{key}/release",
        "/api/conversations/{key}/messages",
        "/api/conversations/{key}/events",
    }
