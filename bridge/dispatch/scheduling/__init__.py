"""Which records go to the workers next, how many at once, in how many tasks."""
