"""What happened: notable events of all processes, and what the console notices itself, of the last 15 minutes."""
