"""Who is at the other end of a request: the address, and the device in words that a person knows."""

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

# The order counts: Edge and Opera also say Chrome, and Chrome also says Safari.
BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Version/.*Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("Mac", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def address(request: HttpRequest) -> str:
    """The client's IP address, normalised; "" when it is not known (a Unix socket, a test).

    Each proxy appends to X-Forwarded-For the address it was asked from. Only as many entries as
    settings.TRUSTED_PROXIES are believed, counted from the end: a client can write the rest itself.
    """
    direct = request.META.get("REMOTE_ADDR", "")
    hops = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), direct]
    proxies = min(settings.TRUSTED_PROXIES, len(hops) - 1)
    return _normal(hops[-1 - proxies]) or _normal(direct)


def _normal(text: str) -> str:
    """One spelling for one address: no zone, and IPv4 as IPv4 also when it came through an IPv6 socket."""
    try:
        ip = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def device(request: HttpRequest) -> str:
    """Browser and system families, such as "Chrome on Windows"; "" without a user agent.

    The raw user agent is never kept: it can single a person out, and the sender chooses every byte of it.
    """
    agent = request.META.get("HTTP_USER_AGENT", "")[:512]
    if not agent:
        return ""
    browser = _first(BROWSERS, agent, "Another browser")
    system = _first(SYSTEMS, agent, "")
    return f"{browser} on {system}" if system else browser


def _first(families: tuple[tuple[str, str], ...], agent: str, otherwise: str) -> str:
    return next((name for name, pattern in families if re.search(pattern, agent)), otherwise)
