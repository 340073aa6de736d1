"""What travels: the values of the four topics, tasks and replies."""
