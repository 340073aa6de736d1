"""Who is measured: the code of each contestant's own processes, and how they are started."""
