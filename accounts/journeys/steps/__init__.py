"""The steps that journeys share, one module each."""
