"""Connections that cannot be held open by doing nothing."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from core import policy


class Connection(H11Protocol):
    """A connection that ends if the head of a request does not arrive in time, or if what was sent is not read."""

    unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(policy.HEAD_WAIT.total_seconds(), transport.abort)

    def data_received(self, data: bytes) -> None:
        # Unlike there, the clock runs on until the whole head has come, which is where handle_events() stops it.
        self.conn.receive_data(data)
        self.handle_events()

    def timeout_keep_alive_handler(self) -> None:
        self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.unread = self.loop.call_later(policy.READ_WAIT.total_seconds(), self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.unread:
            self.unread.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if self.unread:
            self.unread.cancel()
