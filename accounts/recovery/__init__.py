"""Ways back into an account, and ways to stop somebody else: by mail, with links that work once."""
