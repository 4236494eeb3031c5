"""The portal itself keeps nothing. The health record is in portal/record/, and the messages are in portal/messages/."""
