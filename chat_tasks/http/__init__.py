"""The HTTP server of a process: whoever runs the pipeline asks it how the process is."""
