"""Calls at the desk: who is calling, calls back, and what was noted of each call."""
