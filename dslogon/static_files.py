"""Static files, as they are collected for serving."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from safeguards import readiness


class ManifestAside(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, with the list of all files kept outside the served folder.

    Everything in that folder is public.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        aside = FileSystemStorage(location=settings.VAR_DIR)
        super().__init__(*args, manifest_storage=aside, **kwargs)


def require_assets() -> None:
    """Raise ImproperlyConfigured unless every file that pages load was collected.

    Without them, no page can be drawn.
    """
    try:
        there = readiness.assets_are_there()
    except ValueError:  # the list of them is cut off
        there = False
    if not there:
        raise ImproperlyConfigured(
            "The style sheets, scripts and images are not collected, or some of them are gone. "
            "Run `python -m dslogon.up assets` where the site is installed."
        )
