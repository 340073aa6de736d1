"""A quarantined conversation in the console: its row beside the record, what is held meanwhile, and its release."""

from typing import Any

import pytest
from cassandra.cluster import Session

from stack.waiting import wait_until
from tests.integration.test_quarantine import SICK, mend, messages_of, quarantine_some
from tests.pipeline.console import start_console
from tests.pipeline.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send
from tests.pipeline.deployment import Deploy

pytestmark = [pytest.mark.servers, pytest.mark.long]


def test_a_conversation_is_shown_with_its_contradiction_and_released(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(replay_window=16)
    settings = deployment.settings
    messages = quarantine_some(deployment, cassandra, 30)
    console = start_console(deployment)

    def shown() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = console.json("/api/quarantine")
        return found

    assert wait_until(lambda: [one["held"] for one in shown()] == [30], PATIENCE_SECONDS, interval=0.3), shown()
    assert console.get("/api/quarantine/nobody").status_code == 404
    found = console.json(f"/api/quarantine/{SICK}")
    contradiction = found["contradiction"]
    assert (contradiction["number"], contradiction["is_there"]) == (5, True)
    fields = {one["field"]: one for one in contradiction["differences"]}
    assert fields["written from"]["row"].startswith("offset 1000000000 of log ")
    assert (fields["sender"]["row"], fields["sender"]["record"]) == ("nobody", "ann")
    # The messages were sent over all partitions, so any of them may be the first one in the log.
    assert fields["body"]["row"] == "nothing"
    assert fields["body"]["record"].startswith("kept aside ")
    assert fields["sender"]["differs"]
    page = console.page("/quarantine/conversation", key=SICK)
    assert "30 messages are held" in page
    assert "<mark>" in page
    assert f"chat-tasks quarantine release {SICK}" in page
    # A letter of it is offered for release, and never for a replay.
    letter = console.page(f"/letters/{contradiction['letter']}")
    assert "Its conversation is quarantined" in letter
    assert "Check and send again" not in letter
    refused = console.post(f"/letters/{contradiction['letter']}", data={"value": "x"})
    assert refused.status_code == 422

    later = messages_of(5, "later")
    send(settings, later)
    assert wait_until(lambda: [one["held"] for one in shown()] == [35], PATIENCE_SECONDS, interval=0.3), shown()
    mend(cassandra, settings, 5)
    assert not console.json(f"/api/quarantine/{SICK}")["contradiction"]["is_there"]
    released = console.post("/quarantine", params={"key": SICK})
    assert "Release requested" in released.text
    assert [(one["state"], one["held_at_request"]) for one in shown()] == [("release requested", 35)]
    assert wait_until(lambda: shown() == [], PATIENCE_SECONDS, interval=0.5), shown()
    assert '<h2 id="release-title">Released</h2>' in console.page("/quarantine/conversation", key=SICK)
    assert console.post(f"/api/quarantine/{SICK}/release").status_code == 409
    assert_rows_match(cassandra, settings, read_outputs(settings, messages + later))
    audit = console.json("/api/audit")["entries"]
    assert ("release", "done") in {(one["action"], one["result"]) for one in audit}
