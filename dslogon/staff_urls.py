"""The addresses as pages under /admin/ know them: signing in and one's own account have their twins there."""

from django.urls import include, path

from accounts.urls import with_session
from dslogon import urls
from dslogon.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

# Where a name stands twice, Django takes the last one for a link.
urlpatterns = [*urls.urlpatterns, path("admin/", include(with_session))]
