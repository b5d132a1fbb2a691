"""Pages about programs other than lists."""
