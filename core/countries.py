"""Countries by their two letters (ISO 3166) and by their English names, as the time zone database has them."""

from functools import cache
from importlib.resources import files


@cache
def countries() -> dict[str, str]:
    """Return the English name of each country by its two letters."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in table.splitlines() if not line.startswith("#"))


def country(letters: str) -> str:
    """Return the name of a country for a page. DEERS leaves the letters out at home; unknown ones stay as they are."""
    return countries().get(letters.strip().upper() or "US", letters)
