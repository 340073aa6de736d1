"""Spans of sampled traces. This folder alone knows OpenTelemetry, and imports it only if an exporter is configured."""
