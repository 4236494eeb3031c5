"""The ZIP of a copy: written once from the front to the end, kept in sealed pieces, and read again from anywhere."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from portal.export.models import Export, Piece
from safeguards.cipher import decrypt_bytes, encrypt_bytes

PIECE = 1024 * 1024
"""Bytes of the ZIP in one piece."""


def context_of(export: Export, place: int) -> str:
    """Return what binds a sealed piece to its place."""
    return f"{Piece._meta.db_table}:content:{export.pk}:{place}"


class PieceWriter(io.RawIOBase):
    """A file that can only grow: each full piece is sealed and stored at once. `digest` is of all that was written."""

    def __init__(self, export: Export) -> None:
        self.export, self.buffer, self.place, self.size = export, bytearray(), 0, 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.buffer += data
        self.size += len(data)
        self.digest.update(data)
        while len(self.buffer) >= PIECE:
            self.store(bytes(self.buffer[:PIECE]))
            del self.buffer[:PIECE]
        return len(data)

    def end(self) -> None:
        """Store what is left."""
        if self.buffer:
            self.store(bytes(self.buffer))
            self.buffer.clear()

    def store(self, content: bytes) -> None:
        sealed = encrypt_bytes(content, context=context_of(self.export, self.place))
        Piece.objects.create(export=self.export, place=self.place, content=sealed)
        self.place += 1


class PieceReader(io.RawIOBase):
    """The stored ZIP as a file that can be read from anywhere. The two pieces that were read last stay open."""

    def __init__(self, export: Export, size: int) -> None:
        self.export, self.size, self.at = export, size, 0
        self.piece = lru_cache(maxsize=2)(lambda place: read_piece(export, place))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer: Any) -> int:
        if self.at >= self.size:
            return 0
        place, within = divmod(self.at, PIECE)
        data = self.piece(place)[within : within + len(buffer)]
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def read_piece(export: Export, place: int) -> bytes:
    """Return one piece of the ZIP. Raise DecryptionError if it is not as it was stored, DoesNotExist if it is gone."""
    sealed = Piece.objects.values_list("content", flat=True).get(export=export, place=place)
    return decrypt_bytes(bytes(sealed), context=context_of(export, place))


def read_pieces(export: Export) -> Iterator[bytes]:
    """Yield the whole ZIP, piece by piece."""
    for place in range(-(-export.size // PIECE)):
        yield read_piece(export, place)


@dataclass(frozen=True)
class Member:
    """One file of the ZIP. `entries` is how many entries it has, if it has any."""

    name: str
    size: int
    sha256: str
    entries: int | None = None

    def as_json(self) -> dict[str, Any]:
        known = {"name": self.name, "bytes": self.size, "sha256": self.sha256}
        return known if self.entries is None else known | {"entries": self.entries}


class Archive:
    """A ZIP that is being written. `members` are its files so far, in their order."""

    def __init__(self, export: Export, now: datetime) -> None:
        self.file = PieceWriter(export)
        self.zip = ZipFile(self.file, "w", ZIP_DEFLATED)
        self.made = now.timetuple()[:6]
        self.members: list[Member] = []

    def add(self, name: str, parts: Iterable[str | bytes], *, entries: int | None = None) -> None:
        """Write one file from its parts."""
        digest, size = hashlib.sha256(), 0
        info = ZipInfo(name, self.made)
        info.compress_type = ZIP_DEFLATED
        with self.zip.open(info, "w", force_zip64=True) as member:
            for part in parts:
                data = part.encode() if isinstance(part, str) else part
                digest.update(data)
                size += len(data)
                member.write(data)
        self.members.append(Member(name, size, digest.hexdigest(), entries))

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: object, *about: object) -> None:
        """Write the table of contents and store the last piece; after an error, write nothing more."""
        if kind:
            self.zip.fp = None  # or it would write its table whenever it is collected
        else:
            self.zip.close()
            self.file.end()


@contextmanager
def reading(export: Export, size: int) -> Iterator[ZipFile]:
    """Open the stored ZIP of an export."""
    with ZipFile(io.BufferedReader(PieceReader(export, size), PIECE)) as archive:
        yield archive
