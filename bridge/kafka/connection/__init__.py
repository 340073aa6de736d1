"""How a client reaches a broker: what an operator may set, why it fails, what is denied, and what is held back."""
