"""Signing in: the password, the second factor, and the session in between and after."""
