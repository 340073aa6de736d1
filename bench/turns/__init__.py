"""Variants of a policy compared in one running pipeline, which take turns: what the machine does meets all of them."""
