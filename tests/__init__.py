"""All tests. The folders mirror the packages; `tests/chaos` and `tests/integration` run whole pipelines."""
