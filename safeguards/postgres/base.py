"""The module that Django loads for the ENGINE safeguards.postgres."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own wrapper, except for how CONN_HEALTH_CHECKS checks a kept connection before a request uses it."""

    def is_usable(self) -> bool:
        """Return whether the connection is still open.

        A server that ends a connection says so, and one that is gone hangs up. Both can be heard without a query.
        "SELECT 1", a fifth of the cost of a page with a single query, is sent only if something is heard.
        """
        if self.connection is None or self.connection.closed:
            return False
        line = select.poll()
        line.register(self.connection.pgconn.socket, select.POLLIN)
        return not line.poll(0) or super().is_usable()
