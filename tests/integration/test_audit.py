"""Who did what: nothing is done that the audit does not know."""

import subprocess

import pytest
from confluent_kafka.admin import AdminClient

from bridge.audit.entry import Action, Result, Who
from bridge.audit.reading import read_audit
from bridge.audit.trail import AuditTrail
from bridge.kafka.clients import base_config
from bridge.kafka.topics.configs import Property, alter_topic, read_topic_configs
from chat_tasks.errors import NotAudited, NotReleased
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment

pytestmark = pytest.mark.servers

ANN = Who("operator", "ann \x1b[31m")


def test_what_was_done_is_there_with_its_outcome(deploy: Deploy) -> None:
    settings = deploy().settings
    trail = AuditTrail(settings)
    with trail.record(Action.SEND, "conversation 1", ANN) as recording:
        [begun] = read_audit(settings, 100).entries
        assert begun.result is Result.BEGUN
        recording.detail = "offset 7"
    with pytest.raises(NotReleased), trail.record(Action.RELEASE, "conversation 2", ANN):
        raise NotReleased("it is not quarantined")
    cut_off = trail.begin(Action.REPLAY, "all letters", ANN)

    part = read_audit(settings, 100)
    assert [(one.action, one.result, one.detail) for one in part.entries] == [
        (Action.REPLAY, Result.BEGUN, ""),
        (Action.RELEASE, Result.FAILED, "it is not quarantined"),
        (Action.SEND, Result.DONE, "offset 7"),
    ]
    assert part.entries[0] == cut_off
    assert part.earlier is None
    newest = read_audit(settings, 1)
    assert newest.entries == [cut_off]
    assert newest.earlier is not None
    assert [one.action for one in read_audit(settings, 2, newest.earlier).entries] == [Action.RELEASE]
    # However far back it lies.
    assert [one.action for one in read_audit(settings, 1, action=Action.SEND).entries] == [Action.SEND]


def test_nothing_is_done_if_it_cannot_be_written(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    admin = AdminClient(base_config(settings))
    # As if a broker had made the topic by itself.
    alter_topic(admin, settings.audit_topic, {"cleanup.policy": Property("delete")})
    assert wait_until(lambda: policy(admin, settings.audit_topic) == "delete", PATIENCE_SECONDS)
    with pytest.raises(NotAudited, match=r"^nothing was done, .* must have cleanup.policy=compact,delete"):
        AuditTrail(settings).begin(Action.SEND, "conversation 1", ANN)
    refused = chat_tasks(deployment, "quarantine", "release", "nobody")
    assert refused.returncode == 2
    assert "the audit cannot be written" in refused.stderr

    deployment.initialise()
    assert chat_tasks(deployment, "quarantine", "release", "nobody").returncode == 2
    shown = chat_tasks(deployment, "audit").stdout
    assert shown.count("\n") == 1
    assert "release  conversation " in shown
    assert "is not quarantined" in shown
    assert "nobody" not in shown.partition("failed")[0]


def policy(admin: AdminClient, topic: str) -> str:
    """The topic's `cleanup.policy`."""
    [found] = read_topic_configs(admin, [topic])
    return found["cleanup.policy"]


def chat_tasks(deployment: Deployment, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product."""
    return subprocess.run(
        [str(SCRIPTS / "chat-tasks"), *words], env=deployment.environment, capture_output=True, text=True, check=False
    )
