"""Tests of fetching the servers."""
