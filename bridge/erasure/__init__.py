"""Erasing messages: blanks their rows, and tells where copies of them stay."""
