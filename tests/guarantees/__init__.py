"""What the README promises: a file a promise, the plain case first. The way in for whoever reads these tests first."""
