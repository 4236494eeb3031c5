"""What the tests of the help need."""

import time

import pytest

from support import dated_notices


@pytest.fixture
def without_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notices to everybody were read a moment ago, and there were none, so the database is not asked."""
    monkeypatch.setattr(dated_notices, "_read", (time.monotonic(), []))
