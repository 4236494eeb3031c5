"""Identity proofing: knowledge-based questions, activation codes, and how far each person has come.

A person is known here only by DoD ID number. Accounts are a floor above.
"""
