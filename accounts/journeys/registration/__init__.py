"""Registration: from the choice of a level to an active, signed-in account."""
