"""Redis as others use it too: other pipelines, and whoever else can write to it."""
