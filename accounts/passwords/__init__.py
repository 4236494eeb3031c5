"""Passwords: which ones are refused, how they are hashed, and the forms for typing them."""
