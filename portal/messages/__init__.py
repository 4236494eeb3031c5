"""Secure messages between a patient and a care team: drafts, sending, folders, files, and who may write to whom."""
