"""Which alerts fire at the end of a fault, with what labels and annotations."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML

from stack.home import PROJECT_ROOT
from tests.observability.recorder import JOB

ALERTS = PROJECT_ROOT / "deploy" / "observability" / "alerts.yaml"

# By fault and alert: the labels of each that fires, besides the job.
FIRING: dict[str, dict[str, list[dict[str, str]]]] = {
    "half of the queues": {
        "LagGrowing": [{"topic": "conversation_log"}],
        "OldestUnfinished": [{"topic": "conversation_log"}],
        "QueueUnserved": [{"queue": "chat.01"}],
        "MetadataNearlyFull": [{"partition": "0"}],
        "LogNotPurged": [{"partition": "0"}],
    },
    "letters": {
        "Quarantined": [{}],
        "DeadLetterRate": [{"stage": "VALUE_CONVERTER", "reason": "conversationKey"}],
    },
    "too few workers": {"WorkersSaturated": [{}]},
    "a dead process": {"Down": [{"instance": "dispatch.1"}]},
    "a slow kafka": {"TransactionsSlow": [{"instance": "dispatch.1"}, {"instance": "ingest.1"}]},
    "a kafka that comes and goes": {"LoopRestarting": [{"instance": "dispatch.1"}, {"instance": "ingest.1"}]},
}


def rules() -> dict[str, Any]:
    """The alerts by name."""
    [group] = YAML(typ="safe").load(ALERTS.read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def expected(alert: str, labels: dict[str, str]) -> dict[str, Any]:
    """What promtool is to see of an alert that fires with these labels."""
    rule = rules()[alert]
    annotations = dict(rule["annotations"])
    for label, value in labels.items():
        annotations["summary"] = annotations["summary"].replace("{{ $labels." + label + " }}", value)
    return {"exp_labels": {"job": JOB, **labels, **rule["labels"]}, "exp_annotations": annotations}
