"""Reads FHIR R4 resources into rows of the projections: a module for each group of types, pure functions only."""
