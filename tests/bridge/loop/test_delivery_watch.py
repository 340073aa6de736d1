"""What the watch of deliveries tells the loop; that it finds stalls is tested with real servers."""

from queue import SimpleQueue

from bridge.loop.delivery_watch import DeliveryWatch
from bridge.loop.events import Failed
from chat_tasks.settings import Settings

PATIENCE_SECONDS = 30.0


def test_an_error_that_nobody_expected_is_told() -> None:
    def broken() -> dict[object, int]:
        raise ZeroDivisionError

    posted: SimpleQueue[object] = SimpleQueue()
    settings = Settings(kafka_bootstrap_servers="127.0.0.1:1", stall_timeout=0.01)
    DeliveryWatch(settings, broken, dict, dict, posted.put).start()  # type: ignore[arg-type]
    failed = posted.get(timeout=PATIENCE_SECONDS)
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ZeroDivisionError)
