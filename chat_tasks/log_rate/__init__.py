"""What is met again and again is told once a minute: nothing fills the log, whoever causes it."""
