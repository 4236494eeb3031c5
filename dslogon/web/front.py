"""The front of the site: takes in what many and slow clients send, and lets few threads answer it.

It runs in the event loop of a process of the web server. A request takes a thread only once it is there as a whole, and
gives it back before its answer is sent. Forms with a password have threads of their own: a hash takes long, and who
waits for one keeps no other page waiting.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from django.conf import settings

from core import policy
from dslogon.up.errors import end_with_parent
from dslogon.web import pages
from dslogon.web.answers import Answer, Application, Scope, environ_of
from dslogon.web.lanes import Busy, Lane
from safeguards.redaction import redact

logger = logging.getLogger(__name__)
access = logging.getLogger("dslogon.access")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SECRET_LOOKING = re.compile(r"[^/]{20,}")
"""Parts of an address that may be a one-time link or the id of someone's draft."""
PATIENCE = 1.5
"""Times the limit that a request has at the database: so the page of the site itself comes first, and keeps what was
typed."""
BUSY = "Many people are here right now. Nothing was changed. Wait a few seconds, then try again."
LATE = "This takes too long right now. Wait a few seconds, then look whether it was done."


class Refused(Exception):
    """The front answers by itself."""

    def __init__(self, page: pages.Page) -> None:
        self.page = page


class Gone(Exception):
    """The client has hung up."""


class Front:
    """The ASGI application around the WSGI application of the site, which is loaded when the process starts."""

    def __init__(self, load: Callable[[], Application]) -> None:
        self.load = load
        self.held = 0

    def start(self) -> None:
        """Load the site, and make what the front answers with."""
        self.application = self.load()
        # Only now: it needs the models of the site.
        from dslogon import probes

        self.probe = probes.answer
        self.open_lanes()
        self.busy, self.late = (pages.apology(self.application, why) for why in ("busy", "late"))

    def open_lanes(self) -> None:
        """Begin the threads that answer."""
        self.pages = Lane("pages", policy.WEB_THREADS, policy.PAGES_WAITING)
        # One more than can hash, so that somebody is free to be told that their time is over.
        self.passwords = Lane("passwords", settings.HASHES_AT_ONCE + 1, policy.SIGN_INS_WAITING)
        self.downloads = Lane("downloads", 1, policy.PAGES_WAITING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        began, sending = time.monotonic(), Sending(send)
        try:
            await self.serve(scope, receive, sending, began)
        except Refused as refused:
            await sending.whole(refused.page)
        except Gone:
            pass
        except asyncio.CancelledError:  # the server ends, and this took longer than it may
            if not sending.status:
                await sending.whole(self.apology(scope, self.late, LATE))
        finally:
            spent = time.monotonic() - began
            line = scope["method"], shown(scope["path"]), sending.status or "-", sending.bytes, spent
            access.info("%s %s %s %s %.6f", *line, extra={"request_id": sending.request_id})

    async def live(self, receive: Receive, send: Send) -> None:
        """Start, and end when the server does. A process that cannot start ends the server too."""
        await receive()
        end_with_parent()
        try:
            # In a thread, because in an event loop nobody may ask a database.
            await asyncio.to_thread(self.start)
        except (Exception, SystemExit) as failure:
            if isinstance(failure, Exception):  # otherwise the reason was told
                logger.exception("The site cannot start.")
            await send({"type": "lifespan.startup.failed"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def serve(self, scope: Scope, receive: Receive, sending: "Sending", began: float) -> None:
        """Answer one request. Raise Refused or Gone if the site itself is not asked, or not in time."""
        if probed := self.probe(scope["path"]):
            status, text = probed
            raise Refused(pages.Page(status, [(b"content-type", b"application/json")], text))
        if not scope["raw_path"].startswith(b"/"):
            raise Refused(pages.plain(400, "This is no address of a page."))
        if sum(len(name) + len(value) for name, value in scope["headers"]) > policy.HEAD_MAX:
            raise Refused(pages.plain(431, "This request says too much about itself."))
        body = bytearray()
        try:
            await self.take_in(body, scope, receive)
            gone = asyncio.ensure_future(hung_up(receive))
            try:
                answer = await self.first_part(scope, bytes(body), gone)
                await self.send_on(answer, sending, gone)
            finally:
                gone.cancel()
        finally:
            self.held -= len(body)

    async def take_in(self, body: bytearray, scope: Scope, receive: Receive) -> None:
        """Read the whole body. It stays in memory: nothing unsealed is written to a disk."""
        claimed = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
        patience = policy.BODY_WAIT.total_seconds() + claimed / policy.BODY_BYTES_A_SECOND
        too_large = False
        try:
            async with asyncio.timeout(patience):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    part = message.get("body", b"")
                    if self.held + len(part) > policy.BODIES_MAX:
                        raise Refused(self.apology(scope, self.busy, BUSY))
                    too_large = too_large or len(body) + len(part) > policy.BODY_MAX
                    if not too_large:
                        body += part
                        self.held += len(part)
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Refused(pages.plain(408, "This did not arrive in time. Go back, and send it again.")) from None
        if too_large:
            raise Refused(pages.plain(413, "This is too large. Go back, and send less."))

    async def first_part(self, scope: Scope, body: bytes, gone: "asyncio.Future[None]") -> Answer:
        """Return the answer of the application once it has begun."""
        environ, has_password = environ_of(scope, body), scope["method"] == "POST" and b"password" in body
        lane = self.passwords if has_password else self.pages
        # Only there may a request wait for a hash. Otherwise one that hides its password would keep pages waiting.
        patience = policy.HASH_WAIT.total_seconds() if has_password else 0
        # From now on it waits for a thread, which is what is counted as waiting.
        environ["dslogon.began"] = time.monotonic()
        environ["dslogon.hash_by"] = environ["dslogon.began"] + patience
        working = asyncio.ensure_future(lane.run(partial(Answer, self.application, environ)))
        left = settings.REQUEST_SECONDS * PATIENCE
        both: set[asyncio.Future[Any]] = {working, gone}
        await asyncio.wait(both, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            if gone.done():
                raise Gone
            raise Refused(self.apology(scope, self.late, LATE))
        try:
            return working.result()
        except Busy:
            raise Refused(self.apology(scope, self.busy, BUSY)) from None
        except Exception:
            logger.exception("A request could not be answered.")
            raise Refused(pages.plain(500, "Something went wrong on our side.")) from None

    async def send_on(self, answer: Answer, sending: "Sending", gone: "asyncio.Future[None]") -> None:
        """Send the answer as fast as it is read, part by part."""
        await sending.begin(answer.status, answer.headers)
        part, has_more = answer.part, answer.has_more
        while has_more:
            await sending.part(part, more=True)
            if gone.done():
                answer.close()
                raise Gone
            part, has_more = await self.downloads.run(answer.read)
        await sending.part(part, more=False)

    def apology(self, scope: Scope, page: pages.Page, sentence: str) -> pages.Page:
        return pages.with_own_nonce(page) if pages.wants_page(scope) else pages.as_problem(page, sentence)


class Sending:
    """What is sent of an answer, and how much."""

    def __init__(self, send: Send) -> None:
        self.send, self.status, self.bytes, self.request_id = send, 0, 0, ""

    async def begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        named = (value.decode("latin-1") for name, value in headers if name.lower() == b"x-request-id")
        self.request_id = next(named, "")
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def part(self, part: bytes, *, more: bool) -> None:
        self.bytes += len(part)
        await self.send({"type": "http.response.body", "body": part, "more_body": more})

    async def whole(self, page: pages.Page) -> None:
        await self.begin(page.status, [*page.headers, (b"content-length", str(len(page.body)).encode())])
        await self.part(page.body, more=False)


async def hung_up(receive: Receive) -> None:
    """Return once the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def shown(path: str) -> str:
    """Return the path of an address as the log may have it: no secrets, and no line that a sender wrote."""
    path = SECRET_LOOKING.sub("~", redact(path))
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in path)


def load() -> Application:
    """Return the site. Its keys are judged and its settings read now, and whatever is wrong with them is raised."""
    from dslogon.wsgi import application

    return application


site = Front(load)
