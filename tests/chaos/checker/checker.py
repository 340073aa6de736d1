"""Was every promise kept? Judged from what a run's history says."""

from tests.chaos.checker.anomaly import Anomaly, Kind
from tests.chaos.checker.blocks import block_anomalies
from tests.chaos.checker.letters import letter_anomalies
from tests.chaos.checker.messages import message_anomalies
from tests.chaos.checker.rows import row_anomalies
from tests.chaos.history import History

__all__ = ["Anomaly", "Kind", "anomalies"]


def anomalies(history: History) -> list[Anomaly]:
    """Everything that is wrong with a run that was healed and drained; empty where the promise was kept."""
    return [
        *message_anomalies(history),
        *row_anomalies(history),
        *letter_anomalies(history),
        *block_anomalies(history),
    ]
