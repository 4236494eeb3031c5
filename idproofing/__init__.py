"""Identity proofing: knowledge-based questions, activation codes, and how far each person has come.

A person is known here by DoD ID number alone; accounts stand a floor above.
"""
