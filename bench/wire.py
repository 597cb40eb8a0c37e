"""One kept connection that speaks HTTP; it does so little that the server, not the client, is what is measured."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One kept connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def asks(self, request: bytes) -> tuple[bytes, bytes]:
        """Head and body of the answer."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.partition(b"\r\n")[0], "the server refused"
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return head, await self.reader.readexactly(int(length))


@contextlib.asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def posted(path: str, body: bytes, *heads: str) -> bytes:
    """A POST of a body, with these header lines besides."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *heads]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
