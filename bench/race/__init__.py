"""A contestant at work: it is sent a load, what comes out is collected, and judged."""
