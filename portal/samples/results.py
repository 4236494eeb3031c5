"""Stand-in."""


def labs() -> dict:
    return {}


def vitals() -> dict:
    return {}
