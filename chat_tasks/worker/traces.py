"""Traces of a worker: each child traces for itself, because no thread of the SDK survives a fork."""

from celery.signals import worker_process_init, worker_process_shutdown, worker_shutdown

from chat_tasks.settings import settings
from chat_tasks.tracing.setup import end_tracing, start_tracing


@worker_process_init.connect
def begin(**_: object) -> None:
    """Trace, if that is wanted."""
    start_tracing("worker", settings().instance_name)


# A worker without children sends the second signal only.
@worker_process_shutdown.connect
@worker_shutdown.connect
def export_the_rest(**_: object) -> None:
    """Export what has ended before the process ends."""
    end_tracing()
