"""Processes in the background: started, found again by later commands, paused, stopped; and their ports."""
