"""Python's search for reference cycles, made rare.

By default it looks through the youngest objects after every 700 new ones, and through all the others again and again:
tens of thousands of records in flight, of which none is part of a cycle. Without that search the code of dispatch and
ingest took a third less time, measured alone. The clients leave cycles all the same, with whole requests in them, so it
must not be too rare either.
"""

import gc

_NEW_OBJECTS = 5_000


def search_rarely() -> None:
    """Called once, when what lives as long as the process is there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
