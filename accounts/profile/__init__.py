"""The profile: the pages about the signed-in person's account."""
