"""A member of staff at the desk, who reads pages and clicks links and buttons by their words. Each click counts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.test import Client


@dataclass
class Link:
    """A link as it stands on a page."""

    address: str
    words: str = ""


@dataclass
class Button:
    """A button that sends a form, with the form's own address and everything that the page has filled in."""

    action: str
    method: str
    filled: dict[str, str]
    name: str
    value: str
    words: str = ""


@dataclass
class Form:
    action: str
    method: str
    filled: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class Page(HTMLParser):
    """The links and buttons of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.buttons: list[Button] = []
        self.form, self.area = Form("", "get"), ""
        self.inside: Any = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        has = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.form = Form(has.get("action", ""), has.get("method", "get").lower())
        elif tag == "a" and "href" in has:
            self.links.append(Link(has["href"]))
            self.inside = self.links[-1]
        elif tag == "textarea":
            self.area = has.get("name", "")
            self.form.filled[self.area] = ""
        elif tag == "input" and has.get("type") == "submit":
            self.add_button(has, has.get("value", ""))
        elif tag == "input" and "name" in has and has.get("type") not in ("checkbox", "radio"):
            self.form.filled[has["name"]] = has.get("value", "")
        elif tag == "button" and has.get("type", "submit") == "submit" and "hidden" not in has:
            self.add_button(has, "")
            self.inside = self.buttons[-1]

    def add_button(self, has: dict[str, str], words: str) -> None:
        form = self.form
        self.buttons.append(
            Button(form.action, form.method, form.filled, has.get("name", ""), has.get("value", ""), words)
        )

    def handle_endtag(self, tag: str) -> None:
        if tag in ("a", "button"):
            self.inside = None
        elif tag == "form":
            self.form = Form("", "get")
        elif tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.inside.words += data
        if self.area:
            self.form.filled[self.area] += data


class Desk:
    """A browser that begins on the opening page of the desk."""

    def __init__(self, client: Client) -> None:
        self.client, self.clicks = client, 0
        self.take(client.get("/admin/", follow=True))

    def take(self, answer: Any) -> None:
        assert answer.status_code == 200, answer.status_code
        self.answer, self.here = answer, answer.request["PATH_INFO"]
        self.html = answer.content.decode()
        self.page = Page(self.html)

    def follow(self, words: str) -> None:
        """Click the first link that says these words."""
        found = [link for link in self.page.links if words in " ".join(link.words.split())]
        assert found, (words, [" ".join(link.words.split()) for link in self.page.links])
        self.clicks += 1
        self.take(self.client.get(urljoin(self.here, found[0].address), follow=True))

    def press(self, words: str, **typed: str) -> None:
        """Fill in the form of the first button that says these words, and click it."""
        found = [button for button in self.page.buttons if words in " ".join(button.words.split())]
        fitting = [button for button in found if typed.keys() <= button.filled.keys()] or found
        assert fitting, (words, [" ".join(button.words.split()) for button in self.page.buttons])
        [button, *_] = fitting
        said = {**button.filled, **({button.name: button.value} if button.name else {}), **typed}
        self.clicks += 1
        address = urljoin(self.here, button.action or self.here)
        send = self.client.post if button.method == "post" else self.client.get
        self.take(send(address, said, follow=True))
