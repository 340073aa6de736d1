"""What goes through the system during a run: what is sent, what comes out, and what is stored at the end."""
