"""Signing in: the password, the second factor, and the session between and after them."""
