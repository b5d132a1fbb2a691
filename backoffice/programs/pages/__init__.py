"""Pages about programs that are no list."""
