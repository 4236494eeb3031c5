"""An article that would contradict the site fails `manage.py check`, and no page."""

from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from django.test import Client

from core import public_links
from core.help_codes import HelpCode
from core.public_links import PublicLink
from support import articles
from support.checks import check_articles, check_public_links

FRONT = '+++\ntitle = "A test"\nsummary = "Of the checks."\ntopic = "site"\nreviewed = 2026-11-28\nkeywords = ["x"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for articles in place of the real one. What is read of it is forgotten afterwards."""
    monkeypatch.setattr(articles, "FOLDER", tmp_path)
    monkeypatch.setattr(articles, "all_articles", articles.all_articles.__wrapped__)
    monkeypatch.setattr("support.checks.BY_CODE", {})
    return tmp_path


def write(folder: Path, body: str, front: str = FRONT) -> list[CheckMessage]:
    (folder / "a-test.md").write_text(f"{front}+++\n\n{body}\n")
    return check_articles()


def test_all_articles_of_the_site_pass():
    assert check_articles() == []


def test_a_right_article_passes(folder):
    body = 'Wait {{ policy.SESSION_IDLE|duration }}, then [sign in]({% url "sign-in" %}).\n\n## Twice\n\n[Up](#twice)'
    assert write(folder, body) == []


@pytest.mark.parametrize(
    ("body", "number", "said"),
    [
        ("{{ policy.NO_SUCH_NUMBER }} times", "E004", "policy.NO_SUCH_NUMBER is not there"),
        ("x {% if policy.NO_SUCH %}x{% endif %}", "E004", "policy.NO_SUCH is not there"),
        ("{{ links.travel }}", "E004", "links.travel is not there"),
        ("{{ portal.name }} is", "E004", "a name is unknown"),
        ("You have 3 attempts.", "E005", "'3' is a number of its own"),
        ("{{ policy.SESSION_IDLE|minutes }}", "E006", "minutes"),
        ("{% if policy %}", "E006", "Unclosed tag"),
        ('[x]({% url "no-such-page" %})', "E006", "no-such-page"),
        ("", "E006", "it is empty"),
        ("<b>bold</b>", "E007", "HTML is off"),
        ("[x](/no/such/page/)", "E008", "'/no/such/page/' leads nowhere"),
        ("[x](#nowhere)", "E008", "'#nowhere' leads nowhere"),
        ("[x](https://example.com/)", "E008", "leads nowhere"),
        ('[x]({% url "help-article" "gone" %})', "E008", "leads nowhere"),
        ('[x]({% url "guide" "gone" %})', "E008", "leads nowhere"),
        ('[x]({% url "help-code" "H-1" %})', "E008", "leads nowhere"),
    ],
)
def test_a_broken_number_link_or_tag_fails_the_check(folder, body, number, said):
    found = write(folder, body)
    assert {one.id for one in found} == {f"support.{number}"}
    assert said in found[0].msg


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("", "does not begin with front matter"),
        ("+++\ntitle = A test\n", "no TOML"),
        ('+++\ntitle = "A test"\n', "no keywords, reviewed, summary, topic"),
        (FRONT.replace("2026-11-28", '"today"'), "reviewed is no date"),
        (FRONT.replace('["x"]', "[3]"), "keywords is no list of texts"),
        (FRONT.replace('"A test"', '" "'), "title is empty"),
        (FRONT.replace('"site"', '"travel"'), "no topic 'travel'"),
        (f'{FRONT}author = "me"\n', "unknown entry: author"),
        (f'{FRONT}popular = "yes"\n', "popular is no int"),
        (f'{FRONT}related = ["a-test"]\n', "no other article 'a-test'"),
        (f'{FRONT}codes = ["H-1"]\n', "no help code 'H-1'"),
        (f'{FRONT}guide = "travel"\n', "no guide 'travel'"),
    ],
)
def test_wrong_front_matter_fails_the_check(folder, front, said):
    assert said in write(folder, "Text.", front)[0].msg


def test_a_code_with_no_article_or_with_two_fails_the_check(folder, monkeypatch):
    monkeypatch.setattr("support.checks.BY_CODE", {"H-10": HelpCode("H-10", "the page “X”")})
    assert write(folder, "Text.")[0].msg == "The help code H-10 (the page “X”) has 0 articles."
    (folder / "another.md").write_text(f'{FRONT}codes = ["H-10"]\n+++\n\nText.\n')
    assert check_articles() == []
    assert write(folder, "Text.", f'{FRONT}codes = ["H-10"]\n')[0].msg.endswith("has 2 articles.")


def test_a_public_link_of_another_form_fails_the_check(monkeypatch):
    assert check_public_links() == []
    for url in (
        "http://tricare.mil",
        "https://tricare.com",
        "https://tricare.mil?x=1",
        "https://tricare.mil@evil.example",
    ):
        monkeypatch.setitem(public_links.LINKS, "test", PublicLink(url, "A test"))
        assert [one.id for one in check_public_links()] == ["support.E011"]


def test_a_broken_article_breaks_no_page(folder, client: Client):
    write(folder, '[x]({% url "no-such-page" %})')
    (folder / "unreadable.md").write_text("No front matter.")
    (folder / "no-number.md").write_text(f"{FRONT}+++\n\nWait {{{{ policy.NO_SUCH_NUMBER }}}} days.\n")
    assert client.get("/support/").status_code == 200
    assert "We are correcting this article" in client.get("/support/articles/a-test/").content.decode()
    assert "Wait  days" in client.get("/support/articles/no-number/").content.decode()
    assert client.get("/support/articles/unreadable/").status_code == 404
