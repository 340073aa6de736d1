"""Makes Python's search for reference cycles rare.

By default the search looks through the youngest objects after every 700 new ones, and through all others again and
again. Those are tens of thousands of records in flight, and none of them is part of a cycle. Without the search the
code of dispatch and ingest took a third less time, measured alone. But the clients leave cycles with whole requests in
them, so the search must not be too rare either.
"""

import gc

_NEW_OBJECTS = 5_000


def search_rarely() -> None:
    """Make the search rare; called once, when the objects that live as long as the process exist."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
