"""What Django loads for the ENGINE safeguards.postgres."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for how CONN_HEALTH_CHECKS looks at a kept connection before a request uses it."""

    def is_usable(self) -> bool:
        """Whether the connection still stands.

        A server that ends a connection says so, and one that is gone hangs up: both can be heard without asking. So
        the question "SELECT 1", a fifth of what a page with a single query costs, is put only when something is heard.
        """
        if self.connection is None or self.connection.closed:
            return False
        line = select.poll()
        line.register(self.connection.pgconn.socket, select.POLLIN)
        return not line.poll(0) or super().is_usable()
