"""Invented families, facts and health records, in any number, the same again for the same seed."""
