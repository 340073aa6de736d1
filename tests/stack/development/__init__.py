"""Tests of servers and pipeline together."""
