"""Which promises a history breaks: those about messages, rows, dead letters and blocks, a file each."""
