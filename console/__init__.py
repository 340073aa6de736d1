"""The web console: a person sees conversations being numbered, and operates the pipeline.

- `access/`: who may come in, and what a role may do.
- `conversation/`, `partitions/`, …: a room for each page; what it shows is computed by pure code. The first page shows
  the picture of `bridge/picture/`.
- `templates/`, `static/`: what a browser gets.
"""
