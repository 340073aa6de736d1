"""How records come to the loop: from which offset on, in portions, past batches that nobody can read, or held back."""
