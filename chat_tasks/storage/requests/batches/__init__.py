"""Requests for many rows at once, whose statements we encode and whose frame the driver makes."""
