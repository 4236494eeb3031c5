"""The desk for messages to the service center: who wrote, the answer, notes, and who works on it."""
