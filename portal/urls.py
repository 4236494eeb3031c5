"""The portal's addresses: the dashboard, and every feature of portal/features.py with its pages."""

from django.urls import path

from portal import views
from portal.features import FEATURES

urlpatterns = [
    path("", views.portal, name="portal"),
    *(
        path(
            f"{feature.slug}/{page.pattern}",
            views.feature_page,
            {"slug": feature.slug, "name": page.name},
            name=f"{feature.slug}-{page.name}",
        )
        for feature in FEATURES
        for page in feature.pages
    ),
    path("<slug:slug>/", views.feature, name="feature"),
    path("<slug:slug>/<slug:item>/", views.feature, name="feature-item"),
]
