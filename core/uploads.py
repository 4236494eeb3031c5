"""Uploaded files stay in memory, and no more of them than may be kept: nothing unsealed is written to a disk."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from core import policy


class BoundedMemoryUploadHandler(FileUploadHandler):
    """Keeps the files of a request in memory, up to policy.ATTACHMENTS_MAX in all and one chunk more.

    What is beyond that is read and dropped. Such a file has its true size and no content, and `is_dropped`, so that a
    form can say that it is too large.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.kept = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = BytesIO()
        self.is_dropped = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.is_dropped:
            return
        size = start + len(raw_data)
        if size > policy.ATTACHMENT_MAX or self.kept + size > policy.ATTACHMENTS_MAX:
            self.is_dropped, self.file = True, BytesIO()
        else:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.kept += self.file.tell()
        self.file.seek(0)
        name, kind = self.file_name or "", self.content_type or ""
        file = InMemoryUploadedFile(self.file, self.field_name, name, kind, file_size, self.charset)
        file.is_dropped = self.is_dropped  # type: ignore[attr-defined]
        return file
