"""Files as they come in: in anonymous memory, never in a folder, whatever their size.

The web's usual form readers put a large file into a temporary folder; here that would be somebody's evidence in the
clear. So forms with files are read by `read_form`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager
from typing import Final

from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tips.evidence.limits import LARGEST

FIELD_LIMIT: Final = 1024 * 1024  # bytes of all fields of a form that are no files
PARTS: Final = 20  # of one form
BODY_LIMIT: Final = LARGEST + 2 * FIELD_LIMIT  # a longer body is not even read


class MemoryFile:
    """An anonymous file in memory; see `tips.ports.evidence.Upload`. What is written beyond the limit is only counted.

    It is made when the first byte comes, and where the system has none (outside Linux) every byte is only counted.
    """

    def __init__(self) -> None:
        self.fd = -1
        self.size = 0
        self.given = False  # a file was chosen, be it an empty one

    def write(self, data: bytes) -> int:
        """Append."""
        if self.size <= LARGEST and hasattr(os, "memfd_create"):
            if self.fd < 0:
                self.fd = os.memfd_create("upload", os.MFD_CLOEXEC)
            view = memoryview(data)
            while view:
                view = view[os.write(self.fd, view) :]
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Give the memory back."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@contextmanager
def memory_file() -> Iterator[MemoryFile]:
    """A memory file that goes with the block."""
    made = MemoryFile()
    try:
        yield made
    finally:
        made.close()


class TooManyParts(Exception):
    """The form has more parts, or files, than any of our pages sends; the rest of it was not read."""


class TooLong(Exception):
    """The form is longer than anything that is taken; the rest of it was not read."""


async def read_form(request: Request, file: MemoryFile) -> dict[str, str]:
    """The fields of a form; the bytes of its one file go into `file`, whatever it is called.

    Raises:
        TooLong: see there.
        TooManyParts: see there.
        ValueError: it is no form.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        return await _plain(request)
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_LIMIT:
        raise TooLong
    reader = _Reader(options.get(b"boundary", b""), file)
    return await reader.read(request.stream())


async def _plain(request: Request) -> dict[str, str]:
    try:
        async with request.form(max_files=0, max_fields=PARTS, max_part_size=FIELD_LIMIT) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except HTTPException as error:  # how starlette says that a form goes beyond one of these
        raise TooManyParts from error


class _Reader:
    """Callbacks of the multipart parser, one part after the other."""

    def __init__(self, boundary: bytes, file: MemoryFile) -> None:
        if not boundary:
            raise ValueError("a form without a boundary")
        self._file, self._left, self._parts = file, FIELD_LIMIT, 0
        self._fields: dict[str, bytearray] = {}
        self._header, self._value, self._headers = b"", b"", dict[bytes, bytes]()
        self._name, self._is_file, self._ended = "", False, False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begun,
                "on_part_data": self._data,
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._header_done,
                "on_headers_finished": self._part_known,
                "on_end": self._end,
            },
        )

    async def read(self, body: AsyncIterable[bytes]) -> dict[str, str]:
        """Every field as text."""
        seen = 0
        async for piece in body:
            seen += len(piece)
            if seen > BODY_LIMIT:
                raise TooLong
            self._parser.write(piece)
        self._parser.finalize()
        if not self._ended:
            raise ValueError("a form that breaks off")
        return {name: value.decode("utf-8", "replace") for name, value in self._fields.items()}

    def _begun(self) -> None:
        self._headers.clear()
        self._parts += 1
        if self._parts > PARTS:
            raise TooManyParts

    def _end(self) -> None:
        self._ended = True

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_done(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _part_known(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options
        if options.get(b"filename"):
            if self._file.given:  # two of them would become one
                raise TooManyParts
            self._file.given = True

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._file.write(data[start:end])
            return
        self._left -= end - start
        if self._left < 0:
            raise TooLong
        self._fields.setdefault(self._name, bytearray()).extend(data[start:end])
