"""Reads rows beside the road: for people who look into a conversation, and to compare rows with what was published."""
