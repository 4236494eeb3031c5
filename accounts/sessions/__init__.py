"""Sessions as they are kept: the store, and the two zones that have one each."""
