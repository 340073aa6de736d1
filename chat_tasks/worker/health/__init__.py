"""How a worker is: what its processes notice of the servers, and what it answers to health probes."""
