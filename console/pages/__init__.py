"""The routes: for each page its HTML, its JSON, and its stream of changes."""
