"""The data area: the history of every change."""
