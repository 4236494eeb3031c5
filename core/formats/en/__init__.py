"""English, as it is written everywhere on the site."""
