"""The Celery application: `celery --app chat_tasks.celery_app worker`.

Every setting below has its reason beside it. What they have in common: dispatch supervises each task itself, so
Celery's own ways of delivering a task again only double and reorder work here.
"""

import sys

from celery import Celery
from kombu import Queue

from chat_tasks.conversation.routing import queue_name
from chat_tasks.errors import ConfigurationError
from chat_tasks.formats.celery_body import TASK_CONTENT_TYPE
from chat_tasks.settings import settings

try:
    configured = settings()
except ConfigurationError as error:
    # Celery would show a traceback of its own imports instead of the one line that matters.
    sys.exit(f"chat-tasks: {error}")

app = Celery(
    "chat_tasks",
    broker=configured.redis_url,
    include=["chat_tasks.worker.tasks", "chat_tasks.worker.log", "chat_tasks.worker.exit"],
    amqp="chat_tasks.worker.broker_connection:QuickAMQP",
)

app.conf.update(
    # Anything but JSON (pickle above all) could run code that somebody put into Redis.
    accept_content=["json", TASK_CONTENT_TYPE],
    task_serializer="json",
    task_queues=[Queue(queue_name(queue), routing_key=queue_name(queue)) for queue in range(configured.queues)],
    task_create_missing_queues=False,
    # Results travel by a list of the dispatcher's own, at a third of a result backend's cost.
    task_ignore_result=True,
    # A lost task is dispatched again by its deadline; a late acknowledgement would only make kombu deliver it twice.
    task_acks_late=False,
    # One task in hand and one waiting per process: more would wait behind a slow one while another process is idle.
    worker_prefetch_multiplier=1,
    # Flower shows workers and tasks by these events; with many records a task they cost little.
    worker_send_task_events=True,
    task_track_started=False,
    # The bridge never stops trying, and neither does a worker.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False,
    broker_transport_options={
        # kombu's acknowledgement costs more than half of a worker's time, and a killed worker loses tasks all the same.
        "ack_emulation": False,
        # One list a queue instead of four: BRPOP looks at every one of them.
        "priority_steps": [0],
        # A dead peer is noticed without waiting for the system's own time-out.
        "socket_keepalive": True,
        "socket_connect_timeout": 5,
        "health_check_interval": 10,
    },
)
