"""The care teams' desk: the members of a team read and answer the messages of the team's own patients."""
