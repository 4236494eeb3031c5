"""The URLs for pages under /admin/, where signing in and the account pages have copies of their own."""

from django.urls import include, path

from accounts.urls import with_session
from dslogon import urls
from dslogon.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

# If a name is there twice, Django uses the last one for a link.
urlpatterns = [*urls.urlpatterns, path("admin/", include(with_session))]
