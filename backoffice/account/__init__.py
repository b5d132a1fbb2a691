"""Signing in, and one's own account: second factor, sessions, and setting a password by e-mail."""
