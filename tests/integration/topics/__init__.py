"""What the topics have to be, what becomes of records that should not be there, and whether printed remedies help."""
