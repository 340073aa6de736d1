"""The page of queues and workers: what waits where, who serves it, and what each worker has in hand."""
