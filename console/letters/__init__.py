"""The pages of dead letters: which there are, one opened and edited, and replays that go on without a page."""
