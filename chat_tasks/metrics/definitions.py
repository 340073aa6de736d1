"""Every metric, by name: the contract with dashboards and alerts. docs/metrics.md says what moves each of them.

A name ends with its unit, and with `_total` if it only grows. No label has values that users, hosts, processes or tasks
choose, so the number of series is bounded by the settings. What a metric counts is counted beside the idea that it
measures; here are names only.
"""

from chat_tasks.metrics.metric import Kind, Metric

# Every process.

BUILD_INFO = Metric("chat_tasks_build_info", Kind.GAUGE, ("version",), "1, with the version of this process.")

# Both bridges: the loop and its membership.

LOOP_STARTS = Metric(
    "chat_tasks_loop_starts_total", Kind.COUNTER, ("reason",), "Loops that were begun, by why the one before ended."
)
REBALANCES = Metric("chat_tasks_rebalances_total", Kind.COUNTER, (), "Assignments that the group gave or took.")
ASSIGNED_PARTITIONS = Metric(
    "chat_tasks_assigned_partitions", Kind.GAUGE, ("topic",), "Partitions that this process owns."
)
DEPENDENCY_UP = Metric(
    "chat_tasks_dependency_up", Kind.GAUGE, ("dependency",), "Whether the server answered when it was last asked."
)

# Both bridges: records in.

CONSUMED_RECORDS = Metric("chat_tasks_consumed_records_total", Kind.COUNTER, ("topic",), "Records that were delivered.")
CONSUMED_BYTES = Metric(
    "chat_tasks_consumed_bytes_total", Kind.COUNTER, ("topic",), "Bytes of the values of delivered records."
)
LAG_RECORDS = Metric(
    "chat_tasks_lag_records",
    Kind.GAUGE,
    ("topic", "partition"),
    "Offsets that a reader of committed records could be given, and that were not delivered yet.",
)
UNFINISHED_RECORDS = Metric(
    "chat_tasks_unfinished_records", Kind.GAUGE, ("topic", "partition"), "Records delivered and not yet finished."
)
OLDEST_UNFINISHED_AGE = Metric(
    "chat_tasks_oldest_unfinished_age_seconds",
    Kind.GAUGE,
    ("topic", "partition"),
    "The time since the oldest unfinished record was appended; 0 if there is none.",
)
PAUSED_PARTITIONS = Metric(
    "chat_tasks_paused_partitions", Kind.GAUGE, ("reason",), "Partitions of which nothing is delivered for now."
)

# Both bridges: transactions out.

PUBLISHED_RECORDS = Metric(
    "chat_tasks_published_records_total", Kind.COUNTER, ("topic",), "Records in committed transactions."
)
TRANSACTIONS = Metric("chat_tasks_transactions_total", Kind.COUNTER, ("outcome",), "Transactions that have ended.")
TRANSACTION_DURATION = Metric(
    "chat_tasks_transaction_duration_seconds", Kind.HISTOGRAM, ("phase",), "The phases of committed transactions."
)
DEAD_LETTERS = Metric(
    "chat_tasks_dead_letters_total", Kind.COUNTER, ("stage", "reason"), "Dead letters in committed transactions."
)

# Dispatch: records in flight.

IN_FLIGHT_RECORDS = Metric(
    "chat_tasks_in_flight_records", Kind.GAUGE, (), "Records in memory, from delivery to their transaction."
)
IN_FLIGHT_BYTES = Metric("chat_tasks_in_flight_bytes", Kind.GAUGE, (), "The bytes of the values of these records.")
IN_FLIGHT_LIMIT_RECORDS = Metric(
    "chat_tasks_in_flight_limit_records", Kind.GAUGE, (), "The records in flight at which partitions are paused."
)
IN_FLIGHT_LIMIT_BYTES = Metric(
    "chat_tasks_in_flight_limit_bytes", Kind.GAUGE, (), "The bytes in flight at which partitions are paused."
)
CONVERSATIONS = Metric(
    "chat_tasks_conversations", Kind.GAUGE, ("state",), "Conversations with unfinished records, or in quarantine."
)
LARGEST_CONVERSATION = Metric(
    "chat_tasks_largest_conversation_records", Kind.GAUGE, (), "Unfinished records of the conversation with the most."
)

# Dispatch: tasks.

OUTSTANDING_TASKS = Metric(
    "chat_tasks_outstanding_tasks", Kind.GAUGE, ("queue", "kind"), "Tasks that were sent and are not answered yet."
)
OLDEST_TASK_AGE = Metric(
    "chat_tasks_oldest_task_age_seconds",
    Kind.GAUGE,
    ("queue",),
    "The time since the oldest task that is not answered yet was sent; 0 if there is none.",
)
TASKS = Metric("chat_tasks_tasks_total", Kind.COUNTER, ("kind", "outcome"), "Tasks that are not outstanding any more.")
TASK_RECORDS = Metric(
    "chat_tasks_task_records", Kind.HISTOGRAM, ("kind",), "Records or requests of a task that was answered."
)
TASK_WAIT = Metric(
    "chat_tasks_task_wait_seconds", Kind.HISTOGRAM, ("kind",), "A task's round trip less the worker's time."
)
TASK_DURATION = Metric("chat_tasks_task_duration_seconds", Kind.HISTOGRAM, ("kind",), "The worker's time for a task.")
QUEUE_TASKS = Metric(
    "chat_tasks_queue_tasks", Kind.GAUGE, ("queue",), "Tasks that wait in the queue, those of all dispatchers."
)
QUEUE_SERVED = Metric(
    "chat_tasks_queue_served", Kind.GAUGE, ("queue",), "Whether workers take tasks from the queue, as far as is known."
)

# Dispatch: what workers answered and did.

ANSWERS = Metric(
    "chat_tasks_answers_total",
    Kind.COUNTER,
    ("kind", "answer", "reason"),
    "Answers of workers, one for each conversation or request of a task.",
)
LOCKS = Metric("chat_tasks_locks_total", Kind.COUNTER, ("result",), "Locks of conversations that workers asked for.")
STORAGE_SECONDS = Metric(
    "chat_tasks_storage_seconds_total", Kind.COUNTER, ("operation",), "Time that workers waited for the servers."
)
STORAGE_REQUESTS = Metric(
    "chat_tasks_storage_requests_total", Kind.COUNTER, ("operation", "outcome"), "Requests of workers to the servers."
)
ROWS_WRITTEN = Metric("chat_tasks_rows_written_total", Kind.COUNTER, (), "Rows of conversations that were written.")
HEADS = Metric(
    "chat_tasks_heads_total", Kind.COUNTER, ("source",), "Heads of batches: carried by the task, or read by the worker."
)

# Dispatch: commits and the log.

LOG_RETAINED_RECORDS = Metric(
    "chat_tasks_log_retained_records", Kind.GAUGE, ("partition",), "Offsets of the log that are not purged."
)
COMMIT_METADATA_USED = Metric(
    "chat_tasks_commit_metadata_used_ratio",
    Kind.GAUGE,
    ("partition",),
    "The share of the longest possible metadata that the last commit of the partition of the log needed.",
)
REQUESTS_OPEN = Metric(
    "chat_tasks_requests_open", Kind.GAUGE, (), "Whether requests are served: no row can be missing from an answer."
)
LATEST_REQUESTS = Metric(
    "chat_tasks_latest_requests_total", Kind.COUNTER, ("outcome",), "Latest-messages requests that were finished."
)
PUBLISH_DURATION = Metric(
    "chat_tasks_publish_duration_seconds",
    Kind.HISTOGRAM,
    (),
    "From a record's append to the log to the commit of its output.",
)
END_TO_END_DURATION = Metric(
    "chat_tasks_end_to_end_duration_seconds", Kind.HISTOGRAM, (), "From the sender's time to the commit of the output."
)

# The console: what Kafka and Cassandra tell, also with every bridge dead.

GROUP_LAG_RECORDS = Metric(
    "chat_tasks_group_lag_records",
    Kind.GAUGE,
    ("group", "topic", "partition"),
    "Offsets between what a group has committed and the end for a reader of committed records.",
)
DEAD_LETTERS_WAITING = Metric(
    "chat_tasks_dead_letters_waiting", Kind.GAUGE, ("stage",), "Dead letters that nobody has sent again or released."
)
OLDEST_WAITING_LETTER_AGE = Metric(
    "chat_tasks_oldest_waiting_letter_age_seconds",
    Kind.GAUGE,
    (),
    "The time since the oldest dead letter that waits was written; 0 if none waits.",
)
QUARANTINED_CONVERSATIONS = Metric(
    "chat_tasks_quarantined_conversations", Kind.GAUGE, ("state",), "Conversations that are kept aside."
)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
