"""How fast the site is, compared with the best that it could be: `make bench`. README.md says how it is measured."""
