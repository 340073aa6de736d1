"""Who may come in: `hosts` and `origins` before anything else, then `sessions` with their `roles`."""
