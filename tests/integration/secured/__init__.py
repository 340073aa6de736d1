"""The pipeline on closed servers, where each process comes as somebody, and may do what it needs and nothing else."""
