"""The Global Service Center: how to reach it. Invented numbers, from the range kept for fiction (555-01xx)."""

NAME = "DS Logon Global Service Center"
PHONE = "1-800-555-0142"
TTY = "1-800-555-0143"
FROM_ABROAD = "+1-202-555-0142"
HOURS = "Monday to Friday, 8 a.m. to 8 p.m. Eastern Time"
