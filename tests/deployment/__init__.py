"""Tests of `docker-compose.yml` and `.env.example`."""
