"""Django's PostgreSQL backend with time limits, a cheaper check of kept connections, and migrations that wait well.

settings.DATABASES names it as ENGINE.
"""

from django.conf import settings


def limit_statements() -> None:
    """Give every connection of this process that is opened from now on a limit for each statement.

    The web server does so. Commands and jobs do long work, which others limit.
    """
    settings.DATABASES["default"]["TIME_LIMITS"]["statement_timeout"] = settings.DB_STATEMENT_SECONDS
