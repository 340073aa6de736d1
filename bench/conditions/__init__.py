"""What every contestant is given alike: servers, topics and tables that are new for each run, and loads."""
