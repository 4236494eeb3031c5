"""The steps that journeys share, a module for each."""
