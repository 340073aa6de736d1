"""The formats of everything that travels: the values of the four topics, tasks and replies."""
