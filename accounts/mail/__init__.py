"""Email to people: notices, the links in them, and the Markdown that they are written in."""
