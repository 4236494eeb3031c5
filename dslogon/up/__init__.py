"""What `./run` does: it fetches the assets, starts PostgreSQL and the site, and runs the tests and the checks."""
