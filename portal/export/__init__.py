"""Take it with you: one ZIP with a person's whole record, made by the worker."""
