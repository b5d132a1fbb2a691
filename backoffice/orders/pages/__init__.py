"""Pages about orders that are no list."""
