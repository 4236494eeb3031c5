"""Journeys: registration, upgrade and reviews, and the wizard that runs their steps."""
