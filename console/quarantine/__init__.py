"""The page of quarantined conversations."""
