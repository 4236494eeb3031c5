"""Ways back into an account, and ways to stop somebody else: by email, with links that work once."""
