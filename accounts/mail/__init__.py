"""Mail to people: notices, the links in them, and the Markdown that both are written in."""
