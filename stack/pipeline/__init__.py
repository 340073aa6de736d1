"""The application itself, as the Procfile runs it: its processes, its workers, and a check of what comes out."""
