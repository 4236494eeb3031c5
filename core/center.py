"""The Global Service Center, and how to reach it.

Its numbers are invented, from the range reserved for fiction (555-01xx).
"""

NAME = "DS Logon Global Service Center"
PHONE = "1-800-555-0142"
TTY = "1-800-555-0143"
FROM_ABROAD = "+1-202-555-0142"
HOURS = "Monday to Friday, 8 a.m. to 8 p.m. Eastern Time"

# Numbers that the telephone companies of the United States put through by themselves; these are real.
EMERGENCY = "911"
CRISIS_LINE = "988, then press 1"
