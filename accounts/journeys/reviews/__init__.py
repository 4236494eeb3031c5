"""A reviewer looks at details that did not match: requesting it, learning the result, and resuming after it."""
