"""What `./run` does: brings the assets, starts PostgreSQL and the site, runs the tests and the checks."""
