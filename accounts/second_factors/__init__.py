"""Second factors: a module for each kind, what they have in common, and enrollment."""
