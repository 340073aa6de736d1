"""The six topics: what each has to be, which one it is, and how it becomes what it has to be."""
