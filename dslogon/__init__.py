"""The front door: settings, addresses, and the one place for every number (policy.py)."""
