"""The health record as it was received: FHIR R4 resources, and narrow tables for what the pages list."""
