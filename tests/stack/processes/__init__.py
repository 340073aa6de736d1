"""Tests of processes in the background."""
