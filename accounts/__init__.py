"""Accounts: who has one, at which level, how people get one, sign in and get back in."""
