"""How fast the site is, beside what it could at best be: `make bench`. README.md says how it is measured."""
