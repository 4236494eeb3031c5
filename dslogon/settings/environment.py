"""Values from the environment. One that cannot be used stops the start with a sentence.

The sentence names the variable and what it should look like. It never repeats the value, which may hold a password.
"""

import errno
import ipaddress
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

env = environ.Env()

YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
# What DATABASE_URL may say beside the parameters of PostgreSQL's own connection strings.
OURS: dict[str, Callable[[str], Any]] = {
    "conn_max_age": int,
    "conn_health_checks": lambda text: is_yes(text),
    "disable_server_side_cursors": lambda text: is_yes(text),
    "prepare_threshold": lambda text: None if text.lower() == "none" else int(text),
    "server_side_binding": lambda text: is_yes(text),
}
LIBPQ = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
DATABASE = "postgres://user:password@host/name"
MAIL = "smtp+tls://user:password@host:587"
CACHE = "redis://host:6379/0"


def text(name: str, default: str = "") -> str:
    """Return the value of `name`."""
    return env.str(name, default=default).strip()


def required(name: str, hint: str) -> str:
    """Return the value of `name`. Without one, the start fails with `hint`."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {hint}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return whether `name` says yes."""
    try:
        return is_yes(env.str(name, default="1" if default else "0"))
    except ValueError:
        raise ImproperlyConfigured(f"{name} has to be 1 or 0.") from None


def is_yes(value: str) -> bool:
    """Return whether a text says yes. Raise ValueError if it says neither yes nor no."""
    word = value.strip().lower()
    if word not in YES + NO:
        raise ValueError
    return word in YES


def one_of(name: str, default: str, *others: str) -> str:
    """Return the word in `name`, which is one of these."""
    value = text(name, default)
    if value not in (default, *others):
        raise ImproperlyConfigured(f"{name} has to be one of {', '.join(sorted((default, *others)))}.")
    return value


def number(name: str, default: float, *, least: float = 0, most: float = 1_000_000) -> float:
    """Return the number in `name`, between `least` and `most`."""
    try:
        value = float(text(name) or default)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} has to be a number from {least:g} to {most:.15g}.")
    return value


def whole(name: str, default: int, *, least: int = 1, most: int = 1_000_000) -> int:
    """Return the whole number in `name`, between `least` and `most`."""
    value = number(name, default, least=least, most=most)
    if not value.is_integer():
        raise ImproperlyConfigured(f"{name} has to be a whole number.")
    return int(value)


def folder(name: str, default: Path) -> Path:
    """Return the folder in `name`, for us alone, and make it if it is not there."""
    path = Path(text(name, str(default)))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as trouble:
        raise ImproperlyConfigured(f"{name} has to be a folder that can be written to: {trouble.strerror}.") from None
    return path


def seconds(name: str, default: timedelta) -> float:
    """Return the seconds in `name`: more than none, because a limit of none is no limit at all."""
    return number(name, default.total_seconds(), least=0.1, most=86_400)


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the networks in `name`, separated by commas. "none" says that there are none."""
    value = text(name)
    try:
        return [ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip() not in ("", "none")]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} has to name the addresses or networks of our own proxies, separated by commas, such as "
            '10.0.0.0/24, or be "none".'
        ) from None


def database(name: str, default: str = "") -> dict[str, Any]:
    """Return Django's settings for the PostgreSQL database that the URL in `name` names.

    The URL is PostgreSQL's own: it may name several hosts, and every parameter of libpq. Those of Django in OURS may
    stand beside them. What it says wins over our defaults.
    """
    url = text(name, default)
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("postgres", "postgresql"):
            raise ValueError
        given = parse_qsl(parts.query, keep_blank_values=True)
        ours = {key: OURS[key](value) for key, value in given if key in OURS}
        theirs = [(key, value) for key, value in given if key not in OURS]
        libpq = conninfo_to_dict(f"postgresql://{parts.netloc}{parts.path}?{urlencode(theirs)}")
        if not libpq.get("dbname") and "service" not in libpq:
            raise ValueError
        for port in str(libpq.get("port") or "").split(","):
            int(port or 0)
    except (ValueError, ProgrammingError):
        raise ImproperlyConfigured(f"{name} cannot be read as an address of PostgreSQL, such as {DATABASE}.") from None
    found: dict[str, Any] = {LIBPQ[key]: value for key, value in libpq.items() if key in LIBPQ}
    found["OPTIONS"] = {key: value for key, value in libpq.items() if key not in LIBPQ}
    for key in ("conn_max_age", "conn_health_checks", "disable_server_side_cursors"):
        if key in ours:
            found[key.upper()] = ours.pop(key)
    found["OPTIONS"] |= ours
    return found


def mail(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings for the mail server that the URL in `name` names.

    `?timeout=5` is the server's patience in seconds.
    """
    try:
        found = dict(env.email_url(name, default=default))
        found["EMAIL_TIMEOUT"] = found.pop("OPTIONS", {}).get("TIMEOUT")
        if found["EMAIL_TIMEOUT"] is not None:
            found["EMAIL_TIMEOUT"] = float(found["EMAIL_TIMEOUT"])
        if "smtp" in found["EMAIL_BACKEND"] and not found["EMAIL_HOST"]:
            raise ValueError
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} cannot be read as the address of a mail server, such as {MAIL}.") from None
    return found


def cache(name: str) -> str:
    """Return the URL in `name` of a Valkey or Redis server, or "" if there is none."""
    url = text(name)
    try:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("redis", "rediss", "unix") or (parts.scheme != "unix" and not parts.hostname)):
            raise ValueError
        _ = parts.port  # raises for what is no port
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} cannot be read as the address of Valkey or Redis, such as {CACHE}."
        ) from None
    return url
