"""A figure, its goal, and whether it was met, as the registry's table shows them."""


def at_most(what: str, got: float, wanted: float) -> str:
    return line(what, got, f"at most {wanted:g}", got <= wanted)


def at_least(what: str, got: float, wanted: float) -> str:
    return line(what, got, f"at least {wanted:g}", got >= wanted)


def alike(what: str, got: float, within: float) -> str:
    return line(what, got, f"{1 - within:g} to {1 + within:g}", 1 - within <= got <= 1 + within)


def line(what: str, got: float, wanted: str, met: bool) -> str:
    return f"  {what}: {got:.3f} (goal: {wanted}): {'met' if met else 'MISSED'}"
