"""Records and requests become batches, conversation by conversation, and workers' answers become results."""
