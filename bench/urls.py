"""The site's URLs, and the views that it is compared with."""

from django.urls import include, path

from bench import views

urlpatterns = [
    path("bench/empty/", views.empty),
    path("bench/one-hash/", views.one_hash),
    path("bench/lookup/", views.lookup),
    path("", include("dslogon.urls")),
]
handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "accounts.sign_in.unavailable.server_error"
