"""Every URL of the site. Each room has its own table. This one only puts them together."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from core import views
from portal import health_card
from portal.family.surrogate_pages import object_to
from portal.urls import shared
from service_center.figures import page as figures_page

urlpatterns = [
    path("", views.home, name="home"),
    path(".well-known/jwks.json", health_card.jwks, name="jwks"),
    path("", include("accounts.urls")),
    path("portal/", include("portal.urls")),
    path("share/", include(shared)),
    path("acts-for-me/<str:token>/", object_to, name="surrogate-stop"),
    path("support/", include("support.urls")),
    path("admin/figures/", admin.site.admin_view(figures_page.page), name="figures"),
    path("admin/figures/<slug:name>.csv", admin.site.admin_view(figures_page.file), name="figures-file"),
    path("admin/", admin.site.urls),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("demo.urls")))

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "accounts.sign_in.unavailable.server_error"
