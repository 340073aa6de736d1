"""Tests of the local servers: each starts servers of its own, since it may kill them."""
