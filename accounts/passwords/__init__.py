"""Passwords: which are refused, how they are hashed, and the forms in which they are typed."""
