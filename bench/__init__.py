"""Benchmarks: this pipeline against what people would build instead, on the same servers and under the same loads."""
