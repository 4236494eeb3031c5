"""Session storage: the store, and the two session zones that have one each."""
