"""Stand-in."""


def conditions() -> dict:
    return {}


def medications() -> dict:
    return {}


def notes() -> dict:
    return {}


def procedures() -> dict:
    return {}


def tools() -> dict:
    return {}
