"""Appointments: the visits of a person, asking for one, moving and cancelling it, reminders and check-in."""
