"""Whole pipelines on real servers: one test or more for each thing that users and operators can see."""
