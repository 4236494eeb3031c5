"""Where passkeys belong: a host name, and the origins of the pages that may use them."""

import ipaddress
from urllib.parse import urlsplit


def relying_party(site: str) -> tuple[str, list[str]]:
    """The relying party ID for the address `site`, and the origins to accept; localhost in place of an IP address."""
    parts = urlsplit(site)
    usual = {"http": 80, "https": 443}.get(parts.scheme)  # which browsers leave out
    host, port = parts.hostname or "", f":{parts.port}" if parts.port not in (None, usual) else ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host, [f"{parts.scheme}://{host}{port}"]
    return "localhost", [f"http://localhost{port}"]
