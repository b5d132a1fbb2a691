"""One's own account: the entrance, the second factor, one's sessions, and a password by mail."""
