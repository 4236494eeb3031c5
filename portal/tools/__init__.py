"""Health tools: what people measure themselves, their targets and goals, and what they bring to a visit."""
