"""Whether a process is alive and ready, as it knows without asking anybody."""
