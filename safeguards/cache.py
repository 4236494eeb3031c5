from django.core.cache.backends.locmem import LocMemCache as PostgresCache  # noqa: F401
