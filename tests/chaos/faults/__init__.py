"""What can happen to the system, a file for each part of it; `catalogue` lists all faults by name."""
