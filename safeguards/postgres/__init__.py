"""Django's PostgreSQL backend with a cheaper check of kept connections. settings.DATABASES names it as ENGINE."""
