"""Heads, the newest numbers of conversations, as far as dispatch knows them."""
