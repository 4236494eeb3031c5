"""One page a person: who it is, where they stand, why they got no further, and what helps."""
