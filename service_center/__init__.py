"""The desk of the Global Service Center in the admin: roles, pages, buttons, visits, cases, letters and figures."""
