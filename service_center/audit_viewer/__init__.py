"""The audit trail as auditors and supervisors read it: search, one event, download, and whether the chain holds."""
