"""What happened to the data: the history of every change."""
