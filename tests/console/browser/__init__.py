"""The console in a real browser, against a real pipeline.

`test_path` is the short run of `make test`; everything else is marked `browser` and belongs to `make console-test`.
"""
