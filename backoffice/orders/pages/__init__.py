"""Pages about orders other than lists."""
