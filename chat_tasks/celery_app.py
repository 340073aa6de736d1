"""The Celery application: `celery --app chat_tasks.celery_app worker`.

Each setting has its reason beside it. They have one reason in common: dispatch supervises each task itself. Celery's
own ways of delivering a task again would only double and reorder the work.
"""

import os
import sys

from celery import Celery
from kombu import Queue

from chat_tasks.conversation.routing import queue_name
from chat_tasks.errors import ConfigurationError
from chat_tasks.formats.celery_body import TASK_CONTENT_TYPE
from chat_tasks.printable import printable
from chat_tasks.redis_client import broker_url, redis_tls
from chat_tasks.settings import settings

try:
    configured = settings()
except ConfigurationError as error:
    # Celery would show a traceback of its own imports in place of the one line that matters.
    sys.stderr.write(printable(f"chat-tasks: {error}") + "\n")
    sys.exit(2)

for _name in ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"):
    # Celery would go by it for tasks alone, and the locks and replies would stay with CHAT_REDIS_URL.
    os.environ.pop(_name, None)

queues = [queue_name(configured.redis_prefix, queue) for queue in range(configured.queues)]

app = Celery(
    "chat_tasks",
    broker=broker_url(configured),
    # For Flower, which goes by the URL's address alone.
    broker_use_ssl=redis_tls(configured),
    include=[
        "chat_tasks.worker.tasks",
        "chat_tasks.worker.log",
        "chat_tasks.worker.exit",
        "chat_tasks.worker.health.worker_health",
        "chat_tasks.worker.remote_control.remote_commands",
        "chat_tasks.worker.traces",
    ],
    amqp="chat_tasks.worker.broker_connection:QuickAMQP",
)
app.steps["consumer"].add("chat_tasks.worker.reconnection:Pause")
app.steps["consumer"].add("chat_tasks.worker.health.worker_health:Connected")

app.conf.update(
    # Other formats, pickle above all, could run code that an intruder put into Redis.
    accept_content=["json", TASK_CONTENT_TYPE],
    task_serializer="json",
    task_queues=[Queue(name, routing_key=name) for name in queues],
    task_create_missing_queues=False,
    # Two pipelines on one Redis must not stop each other's workers, nor see each other's in Flower.
    control_exchange=configured.redis_prefix,
    event_exchange=f"{configured.redis_prefix}.events",
    # Results travel by a list of the dispatcher's own, at a third of the cost of a result backend.
    task_ignore_result=True,
    # Dispatch sends a lost task again after its deadline. A late acknowledgement would make kombu deliver the task
    # twice.
    task_acks_late=False,
    # Each process has one task in hand and one waiting. More tasks would wait behind a slow one while another process
    # is idle.
    worker_prefetch_multiplier=1,
    # A child says that it is up when it has connected to Cassandra and imported all, and is killed if it takes longer.
    # By default that is 4 seconds, which many children on few processors need.
    worker_proc_alive_timeout=30.0,
    # Flower shows workers and tasks by these events. They cost little, because a task holds many records.
    worker_send_task_events=True,
    task_track_started=False,
    # A worker never stops trying to reach Redis, and neither does the bridge. Redis may also answer with errors for a
    # while, as in a failover.
    broker_connection_retry_on_startup=True,
    broker_channel_error_retry=True,
    # No task of ours is acknowledged late, so none is cancelled. Otherwise each lost connection prints a long warning.
    worker_cancel_long_running_tasks_on_connection_loss=True,
    broker_connection_max_retries=None,
    worker_hijack_root_logger=False,
    broker_transport_options={
        # kombu's acknowledgement costs more than half of a worker's time, and a killed worker loses tasks with it too.
        "ack_emulation": False,
        # One list a queue in place of four: BRPOP looks at every list.
        "priority_steps": [0],
        # With these four a dead peer is noticed before the system's own time-out. A Redis that is paused keeps its
        # connections, and a worker that waits for it for ever shows no sign of life.
        "socket_timeout": 5,
        "socket_keepalive": True,
        "socket_connect_timeout": 5,
        "health_check_interval": 10,
    },
)
