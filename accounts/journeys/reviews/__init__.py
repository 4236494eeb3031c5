"""A person of ours looks at details that did not match: asking for it, hearing of it, and going on after it."""
