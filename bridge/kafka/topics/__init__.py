"""The six topics and the audit's: what each has to be, which one it is, and how it becomes what it has to be."""
