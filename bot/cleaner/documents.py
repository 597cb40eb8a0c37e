"""Documents: the pages, without what hangs on them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from tips import evidence
from tips.evidence import TurnedDown

_FORGOTTEN: Final = (
    "/Metadata",
    "/PieceInfo",
    "/LastModified",
    "/AA",
    "/A",
    "/Annots",
    "/Thumb",
    "/StructParents",
    "/OC",
)


def ready() -> Callable[[BinaryIO, BinaryIO], str]:
    """Load all that is needed for a PDF."""
    import pikepdf

    def work(source: BinaryIO, target: BinaryIO) -> str:
        try:
            old = pikepdf.open(source)
        except pikepdf.PasswordError as error:
            raise TurnedDown("encrypted") from error
        if not 0 < len(old.pages) <= evidence.MOST_PAGES:
            raise TurnedDown("too_long" if len(old.pages) else "broken")
        new = pikepdf.new()
        for page in old.pages:
            for key in _FORGOTTEN:
                if key in page.obj:
                    del page.obj[key]
            new.pages.append(page)
        for it in new.objects:
            if isinstance(it, (pikepdf.Dictionary, pikepdf.Stream)):
                _strip(it)
        new.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return "application/pdf"

    return work


def _strip(it: Any) -> None:
    """Take out of one object of a PDF what tells of its making."""
    for key in _FORGOTTEN[:5]:
        if key in it:
            del it[key]
    coding = str(it.get("/Filter", "")) if hasattr(it, "read_raw_bytes") else ""
    if "/JPXDecode" in coding:
        raise TurnedDown("unknown")  # JPEG 2000 has boxes of free text, and no phone makes it
    if coding == "/DCTDecode":
        it.write(jpeg_without_words(it.read_raw_bytes()), filter=it["/Filter"], decode_parms=it.get("/DecodeParms"))
    elif "/DCTDecode" in coding:
        raise TurnedDown("unknown")


def jpeg_without_words(data: bytes) -> bytes:
    """A JPEG without application segments and comments, but for the colour transform (ITU-T T.81, B.2.4.6)."""
    kept, at = [data[:2]], 2
    while data[at : at + 1] == b"\xff" and data[at + 1] != 0xDA:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xEE or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(data[at : at + 2 + length])
        at += 2 + max(2, length)
    return b"".join((*kept, data[at:]))


def of_pages(pages: list[tuple[bytes, int, int]]) -> BinaryIO:
    """A document whose pages are pictures: each a JPEG, with its width and height."""
    import pikepdf

    made, data = pikepdf.new(), io.BytesIO()
    for jpeg, width, height in pages:
        photo = made.make_stream(jpeg)
        photo.Type, photo.Subtype, photo.Filter = pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.DCTDecode
        photo.Width, photo.Height, photo.BitsPerComponent = width, height, 8
        photo.ColorSpace = pikepdf.Name.DeviceRGB
        scale = 842 / max(width, height)  # points: an A4 page's longer side
        size = (round(width * scale), round(height * scale))
        page = made.add_blank_page(page_size=size)
        page.Contents = made.make_stream(b"q %d 0 0 %d 0 0 cm /P Do Q" % size)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=photo))
    made.save(data)
    data.seek(0)
    return data
