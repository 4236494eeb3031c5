"""Notices: of what a person is told by email, kind by kind. No email says what is in the record."""
