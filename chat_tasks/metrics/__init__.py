"""Metrics: their names, what they are made of, and the text that a Prometheus server reads."""
