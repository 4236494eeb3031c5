"""Invented families, facts and health records, in any number. The same seed gives the same ones."""
