"""What a loop counts and measures while it works."""
