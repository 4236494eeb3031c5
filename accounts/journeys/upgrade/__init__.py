"""The upgrade from Basic to Premium."""
