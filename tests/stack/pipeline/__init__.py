"""Tests of the pipeline as the Procfile runs it."""
