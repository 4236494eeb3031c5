"""What npm fetches: the design system for the site, and for tests the tools that check its pages too."""

from pathlib import Path

import pytest

from dslogon.up import assets


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[bool]:
    """Each time that npm was called: whether it was to bring what only tests use."""
    calls: list[bool] = []
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    monkeypatch.setattr(assets, "npm", lambda: ["npm"])
    monkeypatch.setattr(assets, "run_quietly", lambda command, **_: calls.append("--omit=dev" not in command))
    return calls


def test_the_site_is_brought_without_what_only_tests_use(fetched: list[bool]) -> None:
    assets.fetch()
    assets.fetch()
    assert fetched == [False]


def test_the_tests_bring_the_rest_and_the_site_is_content_with_that(fetched: list[bool]) -> None:
    assets.fetch()
    assets.fetch(for_tests=True)
    assets.fetch(for_tests=True)
    assets.fetch()
    assert fetched == [False, True]


def test_another_lock_file_is_fetched_again(fetched: list[bool]) -> None:
    assets.fetch(for_tests=True)
    (assets.ROOT / "package-lock.json").write_text('{"lockfileVersion": 3}')
    assets.fetch()
    assert fetched == [True, False]
