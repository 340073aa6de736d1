"""The system under test: servers on disks of their own, proxies in front of them, and the pipeline."""
