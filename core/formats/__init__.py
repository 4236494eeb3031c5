"""How dates and times are written where a template says no format, such as in the lists of the admin."""
