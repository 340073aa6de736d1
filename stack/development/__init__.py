"""Servers and pipeline together, as `make up`, `make down` and `make status` have them."""
