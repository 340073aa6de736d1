"""Alerts and dashboard, on series of a real pipeline under the faults that they are for."""
