"""Has Cassandra's driver believe that numpy is not installed.

It imports numpy wherever there is one, for a form of results that nobody here asks for. That took a third of the
processor time in which ingest starts, and a quarter of dispatch's, and every process that is killed starts again.
"""

import importlib
import sys


def import_driver() -> None:
    """Import the part of the driver that looks for numpy; everybody else finds it as before."""
    if "numpy" in sys.modules:
        return
    sys.modules["numpy"] = None  # type: ignore[assignment] # Python's own sign for what is not to be found
    try:
        importlib.import_module("cassandra.cython_deps")
    finally:
        del sys.modules["numpy"]
