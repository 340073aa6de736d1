"""Was every promise kept? Judged from what a run's history says."""

from tests.chaos.anomaly import Anomaly, Kind
from tests.chaos.blocks import block_anomalies
from tests.chaos.history import History
from tests.chaos.letters import letter_anomalies
from tests.chaos.messages import message_anomalies
from tests.chaos.rows import row_anomalies

__all__ = ["Anomaly", "Kind", "anomalies"]


def anomalies(history: History) -> list[Anomaly]:
    """Everything that is wrong with a run that was healed and drained; empty where the promise was kept."""
    return [
        *message_anomalies(history),
        *row_anomalies(history),
        *letter_anomalies(history),
        *block_anomalies(history),
    ]
