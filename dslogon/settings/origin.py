"""Where passkeys belong: a host name, and the origins of the pages that can use them."""

import ipaddress
from urllib.parse import urlsplit


def relying_party(site: str) -> tuple[str, list[str]]:
    """Return the relying party ID for the address `site`, and the origins to accept.

    For an IP address, that is localhost.
    """
    parts = urlsplit(site)
    usual = {"http": 80, "https": 443}.get(parts.scheme)  # browsers leave this out
    host, port = parts.hostname or "", f":{parts.port}" if parts.port not in (None, usual) else ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host, [f"{parts.scheme}://{host}{port}"]
    return "localhost", [f"http://localhost{port}"]
