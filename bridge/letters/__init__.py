"""Dead letters for people: which there are, which of them still wait, and what an operator does with them."""
