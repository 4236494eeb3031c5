"""The portal's addresses: the dashboard, and every feature of portal/features.py with its pages.

Health features have the same addresses below /portal/of/<access>/ for the record of another person.
"""

from collections.abc import Iterable
from typing import Any

from django.urls import URLPattern, URLResolver, include, path

from portal import sharing, views
from portal.family.sharing import SHARED
from portal.features import FEATURES, Feature


def addresses(features: Iterable[Feature], before: str = "", by: Any = views) -> list[URLPattern]:
    """Return the addresses of these features and their pages, their names after `before`, with the views of `by`."""
    pages = [
        path(
            f"{feature.slug}/{page.pattern}",
            by.feature_page,
            {"slug": feature.slug, "name": page.name},
            name=f"{before}{feature.slug}-{page.name}",
        )
        for feature in features
        for page in feature.pages
    ]
    return [
        *pages,
        path("<slug:slug>/", by.feature, name=f"{before}feature"),
        path("<slug:slug>/<slug:item>/", by.feature, name=f"{before}feature-item"),
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

# For a doctor who was given a code, at /share/.
shared: list[URLPattern | URLResolver] = [
    path("", sharing.enter, name="share"),
    path("record/", sharing.portal, name="shared-portal"),
    path("record/", include(addresses((one for one in FEATURES if one.slug in SHARED), before="shared-", by=sharing))),
]
