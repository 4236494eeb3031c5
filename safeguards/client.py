"""The other end of a request: its address, and its device in words that people know."""

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

# The order matters: Edge and Opera also say Chrome, and Chrome also says Safari.
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
WITH_PORT = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.%\w]+)\](?::[0-9]{1,5})?|(?P<v4>[0-9.]+):[0-9]{1,5}")


def address(request: HttpRequest) -> str:
    """Return the client's IP address, normalized, or "" if it is not known (a Unix socket, a test).

    Each proxy appends to X-Forwarded-For the address that called it. A client can write the rest itself. So the list is
    read from its end, and what is in front of an entry is believed only if the entry is a proxy of our own.
    """
    caller = _normal(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not is_our_proxy(caller) or not (before := _normal(hop)):
            break
        caller = before
    return caller


def is_our_proxy(address: str) -> bool:
    """Return whether the address is in settings.TRUSTED_PROXIES."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in settings.TRUSTED_PROXIES)


def _normal(text: str) -> str:
    """Return one spelling for one address, or "" for a text that is no address.

    A port is left out, which some proxies add, and so is the zone. An IPv4 address is IPv4 even if it came through an
    IPv6 socket.
    """
    text = text.strip()
    if found := WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"]
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def device(request: HttpRequest) -> str:
    """Return the families of browser and system, such as "Chrome on Windows", or "" without a user agent.

    The raw user agent is never kept. It can single a person out, and the sender chooses every byte of it.
    """
    agent = request.META.get("HTTP_USER_AGENT", "")[:512]
    if not agent:
        return ""
    browser = _first(BROWSERS, agent, "Another browser")
    system = _first(SYSTEMS, agent, "")
    return f"{browser} on {system}" if system else browser


def _first(families: tuple[tuple[str, str], ...], agent: str, otherwise: str) -> str:
    return next((name for name, pattern in families if re.search(pattern, agent)), otherwise)
