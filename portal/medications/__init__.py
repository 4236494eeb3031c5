"""Medications: what a person takes, and asking for refills and renewals."""
