"""Static files, as they are collected for serving."""

from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestAside(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, with the list of all files kept outside the served folder.

    Everything in that folder is public.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        aside = FileSystemStorage(location=settings.VAR_DIR)
        super().__init__(*args, manifest_storage=aside, **kwargs)
