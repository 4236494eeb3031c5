"""The portal's addresses: the dashboard, and every feature of portal/features.py with its pages.

Health features have the same addresses below /portal/of/<access>/ for the record of another person.
"""

from collections.abc import Iterable

from django.urls import URLPattern, include, path

from portal import views
from portal.features import FEATURES, Feature


def addresses(features: Iterable[Feature], before: str = "") -> list[URLPattern]:
    """Return the addresses of these features and their pages, their names after `before`."""
    pages = [
        path(
            f"{feature.slug}/{page.pattern}",
            views.feature_page,
            {"slug": feature.slug, "name": page.name},
            name=f"{before}{feature.slug}-{page.name}",
        )
        for feature in features
        for page in feature.pages
    ]
    return [
        *pages,
        path("<slug:slug>/", views.feature, name=f"{before}feature"),
        path("<slug:slug>/<slug:item>/", views.feature, name=f"{before}feature-item"),
    ]


of_another = [
    path("", views.open_record, name="of-portal"),
    *addresses((feature for feature in FEATURES if feature.is_health), before="of-"),
]
urlpatterns = [
    path("", views.portal, name="portal"),
    path("of/<uuid:access>/", include(of_another)),
    *addresses(FEATURES),
]
