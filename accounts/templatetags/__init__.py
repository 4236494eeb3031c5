"""Template tags of accounts, where Django looks for them."""
