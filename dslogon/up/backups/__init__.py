"""Backups of a deployment, restores to a point in time, and the drill that proves both (docs/deploying.md).

PostgreSQL's own programs copy, verify and recover. What is here chooses, refuses and compares. The user of the
database, who has no keys, touches its files. What needs the keys runs as the user of the site.
"""
