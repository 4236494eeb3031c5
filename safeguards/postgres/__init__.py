"""Django's PostgreSQL backend with a cheaper look at kept connections; settings.DATABASES names it as ENGINE."""
