"""The bridge from `conversation_log` to the workers, and from their answers to the output topics.

The road of a record, in the order in which it passes:

1. `handler.py` gets delivered messages from the loop, and hands them to the assignment (`assignment.py`).
2. `commits/partition_progress.py` says what each message is: new work, a replay, or nothing to do.
3. `intake.py` reads the message, and `conversations/` (`appends.py`, `latest.py`) gives it to its conversation.
4. `scheduling/` decides which records go next, how many in a task, in how many tasks; `heads/` knows newest numbers.
5. `workers/` sends tasks to Celery's queues through Redis, and reads the replies.
6. `conversations/` makes outputs of a reply; a conversation that cannot be written goes to `quarantine/`.
7. `commits/outbox.py` puts outputs and offsets into the next transaction, which the loop runs.
8. `upkeep.py` uses `servers/` to ask beside the road which nodes have started, and to purge, quarantine and release.
9. `flow_control.py` pauses partitions; `process_state.py` outlives an assignment; `process.py` starts everything.
"""
