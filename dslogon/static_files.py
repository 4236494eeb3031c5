"""Static files as they are gathered for serving."""

from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestAside(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, with the list of all files beside the served folder: whatever lies in it is public."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        aside = FileSystemStorage(location=settings.VAR_DIR)
        super().__init__(*args, manifest_storage=aside, **kwargs)
