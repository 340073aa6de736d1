"""Records and requests, conversation by conversation, become batches, and their answers results."""
