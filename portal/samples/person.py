"""The invented person of the samples, and her clinic."""

from datetime import date

# No one has this DoD ID number. In the samples, the present day is always TODAY.
NOBODY, TODAY = "0000000000", date(2026, 3, 4)
CLINIC, PHONE, DOCTOR = "Fort Larkspur Army Health Clinic", "254-555-0122", "Dr. Daniel Ferreira"
