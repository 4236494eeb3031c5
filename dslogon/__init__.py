"""The front door: settings, URLs, headers, the WSGI application, and what `./run` does (up/). Nothing imports it."""
