"""The start refuses what is missing or unsafe, each by one sentence, and waits for nothing without a limit."""

import importlib
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from dslogon import static_files
from dslogon.settings import environment
from dslogon.up import check
from dslogon.web import __main__ as server

PRODUCTION = dict(check.production())
MODULES = ("dslogon.settings.base", "dslogon.settings.production")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Read the production settings with an environment of their own, in which None leaves a value out."""

    def started(**changes: str | None) -> ModuleType:
        for name, value in (PRODUCTION | changes).items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        for module in MODULES:
            monkeypatch.delitem(sys.modules, module, raising=False)
        return importlib.import_module("dslogon.settings.production")

    yield started
    monkeypatch.undo()


def test_what_the_deployment_check_uses_is_let_in(start: Any) -> None:
    assert start().SITE_ADDRESS == "https://dslogon.example"


@pytest.mark.parametrize(
    ("name", "value", "because"),
    [
        ("DSLOGON_DEMO", "1", "every code and password of the invented people"),
        ("SECRET_KEY", "short", "SECRET_KEY can be guessed"),
        ("SECRET_KEY", "ab" * 40, "SECRET_KEY can be guessed"),
        ("SECRET_KEY", "django-insecure-" + "0123456789" * 5, "SECRET_KEY can be guessed"),
        ("FIELD_KEYS", "one key", "FIELD_KEYS or INDEX_KEY cannot be read"),
        ("FIELD_KEYS", "1:AAAA", "another length than 32 bytes"),
        ("INDEX_KEY", "AAAA", "another length than 32 bytes"),
        ("HEALTH_CARD_KEY", "AAAA", "HEALTH_CARD_KEY has to be"),
        ("HEALTH_CARD_KEY", "AAAAA", "HEALTH_CARD_KEY cannot be read"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS=* lets anybody choose"),
        ("ALLOWED_HOSTS", "dslogon.example,*", "ALLOWED_HOSTS=* lets anybody choose"),
        ("ALLOWED_HOSTS", "another.example", "names a host that ALLOWED_HOSTS lacks"),
        ("SITE_ADDRESS", "http://dslogon.example", "SITE_ADDRESS has to be the https address"),
        ("SITE_ADDRESS", "https://dslogon.example/portal", "SITE_ADDRESS has to be the https address"),
        ("SITE_ADDRESS", "dslogon.example", "SITE_ADDRESS has to be the https address"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "mysql://host/name", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://user:secret@host:port/name", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://host", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://host/name?no_such_word=1", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://host/name?conn_max_age=soon", "DATABASE_URL cannot be read"),
        ("STANDBY_DATABASE_URL", "nonsense", "STANDBY_DATABASE_URL cannot be read"),
        ("STANDBY_DATABASE_URL", "postgres://user:secret@host:port/name", "STANDBY_DATABASE_URL cannot be read"),
        ("EMAIL_URL", "consolemail://", "prints or keeps mail"),
        ("EMAIL_URL", "memorymail://", "prints or keeps mail"),
        ("EMAIL_URL", "filemail:///tmp", "prints or keeps mail"),
        ("EMAIL_URL", "mail.host", "EMAIL_URL cannot be read"),
        ("EMAIL_URL", "smtp://host:port", "EMAIL_URL cannot be read"),
        ("EMAIL_URL", "smtp://:25", "EMAIL_URL cannot be read"),
        ("CACHE_URL", "memcached://host", "CACHE_URL cannot be read"),
        ("CACHE_URL", "redis://host:port/0", "CACHE_URL cannot be read"),
        ("CACHE_URL", "host:6379", "CACHE_URL cannot be read"),
        ("DEFAULT_FROM_EMAIL", "no-reply@dslogon.example", "a domain that nobody can own"),
        ("DEFAULT_FROM_EMAIL", "DS Logon <no-reply@example.com>", "a domain that nobody can own"),
        ("SERVICE_CENTER_EMAIL", "center@dslogon.example", "a domain that nobody can own"),
        ("SERVICE_CENTER_EMAIL", "root@localhost", "a domain that nobody can own"),
        ("TRUSTED_PROXIES", "1", "TRUSTED_PROXIES has to name the addresses"),
        ("TRUSTED_PROXIES", "the proxy", "TRUSTED_PROXIES has to name the addresses"),
        ("TRUSTED_PROXIES", "10.0.0.1:443", "TRUSTED_PROXIES has to name the addresses"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES has to name the addresses"),
        ("STAFF_PASSKEY_REQUIRED", "maybe", "STAFF_PASSKEY_REQUIRED has to be 1 or 0"),
        ("HASHES_AT_ONCE", "0", "HASHES_AT_ONCE has to be a number from 1"),
        ("HASHES_AT_ONCE", "1.5", "HASHES_AT_ONCE has to be a whole number"),
        ("REQUEST_SECONDS", "0", "REQUEST_SECONDS has to be a number from 0.1"),
        ("DB_STATEMENT_SECONDS", "-1", "DB_STATEMENT_SECONDS has to be a number from 0.1"),
        ("DB_CONNECT_SECONDS", "ten", "DB_CONNECT_SECONDS has to be a number from 0.1"),
        ("EMAIL_SECONDS", "nan", "EMAIL_SECONDS has to be a number from 0.1"),
    ],
)
def test_an_unsafe_value_stops_the_start_with_a_sentence_that_does_not_repeat_it(
    start: Any, name: str, value: str, because: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        start(**{name: value})
    said = str(refusal.value)
    assert because in said
    assert "secret" not in said
    assert "\n" not in said


def test_a_list_of_proxies_may_be_empty_if_it_says_so(start: Any) -> None:
    assert start(TRUSTED_PROXIES="none").TRUSTED_PROXIES == []


def test_what_the_addresses_say_wins_over_what_we_would_say(start: Any) -> None:
    settings = start(
        DATABASE_URL="postgres://web:secret@one,two:5433/dslogon?target_session_attrs=read-write&connect_timeout=9"
        "&conn_max_age=60&prepare_threshold=none&server_side_binding=0",
        EMAIL_URL="smtp://mail.internal:25?timeout=7",
        CACHE_URL="redis://cache:6379/0?socket_timeout=1",
    )
    database = settings.DATABASES["default"]
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("one,two", ",5433", "dslogon")
    assert database["CONN_MAX_AGE"] == 60
    options = database["OPTIONS"]
    assert (options["target_session_attrs"], options["connect_timeout"]) == ("read-write", "9")
    assert (options["prepare_threshold"], options["server_side_binding"]) == (None, False)
    assert settings.EMAIL_TIMEOUT == 7
    assert settings.CACHES["default"]["LOCATION"].endswith("socket_timeout=1")


def test_a_standby_is_only_read_and_nobody_waits_long_for_it(start: Any) -> None:
    assert "standby" not in start().DATABASES
    address = "postgres://web:secret@one,two/dslogon?target_session_attrs=standby"
    aside = start(STANDBY_DATABASE_URL=address, DB_CONNECT_SECONDS="9").DATABASES["standby"]
    assert (aside["HOST"], aside["READ_ONLY"], aside["ENGINE"]) == ("one,two", True, "safeguards.postgres")
    assert (aside["OPTIONS"]["target_session_attrs"], aside["OPTIONS"]["connect_timeout"]) == ("standby", 2)
    assert aside["TIME_LIMITS"] == {"statement_timeout": 2}


def test_nothing_is_waited_for_without_a_limit_and_each_limit_can_be_set(start: Any) -> None:
    names = ("REQUEST", "DB_STATEMENT", "DB_LOCK", "DB_IDLE", "DB_CONNECT", "DB_NETWORK", "EMAIL", "DEERS", "SOURCES")
    settings = start(CACHE_URL="redis://cache", CACHE_SECONDS="4", **{f"{name}_SECONDS": "4" for name in names})
    database = settings.DATABASES["default"]
    assert database["TIME_LIMITS"] == {"lock_timeout": 4, "idle_in_transaction_session_timeout": 4}
    assert (database["OPTIONS"]["connect_timeout"], database["OPTIONS"]["tcp_user_timeout"]) == (4, 4000)
    assert settings.CACHES["default"]["OPTIONS"] == {"socket_timeout": 4, "socket_connect_timeout": 4}
    ours = (settings.REQUEST_SECONDS, settings.DB_STATEMENT_SECONDS, settings.EMAIL_TIMEOUT)
    assert {*ours, settings.DEERS_SECONDS, settings.SOURCES_SECONDS} == {4}


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-m", "dslogon.web"]])
def test_a_refused_start_tells_one_sentence_and_no_traceback(command: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, *command],
        env=os.environ | PRODUCTION | {"SECRET_KEY": "short", "PORT": str(free_port()), "WEB_CONCURRENCY": "1"},
        cwd=check.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 3
    assert "DS Logon does not start: SECRET_KEY can be guessed" in ran.stderr
    assert "Traceback" not in ran.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Path:
    """A site whose style sheet was collected."""
    settings.VAR_DIR, settings.STATIC_ROOT = tmp_path, str(tmp_path / "static")
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "dslogon.static_files.ManifestAside"}}
    (tmp_path / "static").mkdir()
    (tmp_path / "static/site.1234.css").write_text("")
    (tmp_path / "staticfiles.json").write_text('{"version": "1.1", "paths": {"site.css": "site.1234.css"}}')
    return tmp_path


def test_a_site_with_its_assets_starts(collected: Path) -> None:
    static_files.require_assets()


@pytest.mark.parametrize("gone", ["staticfiles.json", "static/site.1234.css"])
def test_a_site_without_its_assets_does_not_start_and_says_how_to_bring_them(collected: Path, gone: str) -> None:
    (collected / gone).unlink()
    with pytest.raises(ImproperlyConfigured, match=r"python -m dslogon\.up assets"):
        static_files.require_assets()


def test_a_list_of_assets_that_is_cut_off_is_no_list(collected: Path) -> None:
    (collected / "staticfiles.json").write_text('{"paths": {"site.css"')
    with pytest.raises(ImproperlyConfigured, match="not collected"):
        static_files.require_assets()


@pytest.mark.parametrize("text", ["1", "true", " Yes ", "on"])
def test_yes_is_understood_in_all_its_spellings(text: str) -> None:
    assert environment.is_yes(text)


@pytest.mark.parametrize(
    ("name", "value", "because"),
    [
        ("PORT", "abc", "PORT has to be a number from 1 to 65535"),
        ("PORT", "99999", "PORT has to be a number from 1 to 65535"),
        ("HOST", "300.1.1.1", "It cannot listen at 300.1.1.1, port 8000"),
        ("HOST", "203.0.113.9", "It cannot listen at 203.0.113.9, port 8000: Cannot assign requested address"),
    ],
)
def test_an_address_at_which_nothing_can_listen_is_told(monkeypatch, name: str, value: str, because: str) -> None:
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=re.escape(because)):
        server.bind()


def test_a_port_that_another_program_has_is_told(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        monkeypatch.setenv("HOST", "127.0.0.1")
        with pytest.raises(ImproperlyConfigured, match="Address already in use"):
            server.bind()


def test_a_folder_of_figures_that_cannot_be_written_to_is_told(start: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="PROMETHEUS_MULTIPROC_DIR has to be a folder"):
        start(METRICS_PORT="9100", PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "file/figures"))
