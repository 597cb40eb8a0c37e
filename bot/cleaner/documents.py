"""Documents: the pages built anew (`pdf_pages`), then drawn, the old and the new, and compared."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import pikepdf
import pypdfium2

from bot.cleaner import pdf_pages
from tips.evidence import limits
from tips.evidence.kinds import TurnedDown

_DOTS: Final = 300  # of the longer side of a page as it is compared
_UNLIKE: Final = 6.0  # of 255, on average, by which a page may differ
_A4: Final = 842  # points of its longer side


def ready() -> Callable[[BinaryIO, BinaryIO], str]:
    """Load all that is needed for a PDF."""
    pikepdf.new().save(io.BytesIO(), encryption=pikepdf.Encryption(user="", owner="", R=6))  # opens its dice

    def work(source: BinaryIO, target: BinaryIO) -> str:
        data = source.read()
        try:
            old = pikepdf.open(io.BytesIO(data))
        except pikepdf.PasswordError as error:
            raise TurnedDown("encrypted") from error
        if not 0 < len(old.pages) <= limits.MOST_PAGES:
            raise TurnedDown("too_long" if len(old.pages) else "broken")
        if "/Metadata" in old.Root:
            del old.Root.Metadata  # saving would look into it
        if old.is_encrypted:  # without a password to open it; the other library may not find that out
            data = _saved(old)
        old.flatten_annotations("screen")  # what was filled in and stamped is seen, so it stays
        new = pdf_pages.rebuilt(old)
        new.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        target.seek(0)
        _compare(data, target.read())
        return "application/pdf"

    return work


def _saved(document: pikepdf.Pdf) -> bytes:
    data = io.BytesIO()
    document.save(data, encryption=False)
    return data.getvalue()


def of_pages(scans: list[tuple[bytes, int, int]]) -> BinaryIO:
    """A document whose pages are pictures: each a JPEG, with its width and height."""
    made, data = pikepdf.new(), io.BytesIO()
    for jpeg, width, height in scans:
        photo = made.make_stream(jpeg)
        photo.Type, photo.Subtype, photo.Filter = pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.DCTDecode
        photo.Width, photo.Height, photo.BitsPerComponent = width, height, 8
        photo.ColorSpace = pikepdf.Name.DeviceRGB
        scale = _A4 / max(width, height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        page = made.add_blank_page(page_size=size)
        page.Contents = made.make_stream(b"q %d 0 0 %d 0 0 cm /P Do Q" % size)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=photo))
    made.save(data)
    data.seek(0)
    return data


def _compare(old: bytes, new: bytes) -> None:
    """Draw each page of both, in another library than the one that wrote them.

    Raises:
        TurnedDown: a page is not as it was.
    """
    one, two = pypdfium2.PdfDocument(old), pypdfium2.PdfDocument(new)
    one.init_forms()
    if len(one) != len(two):
        raise TurnedDown("changed")
    for number in range(len(two)):
        before, after = one[number], two[number]
        if any(abs(a - b) > 1 for a, b in zip(before.get_size(), after.get_size(), strict=True)):
            raise TurnedDown("changed")
        seen = _drawn(after)
        if all(_unlike(_drawn(before, marks), seen) > _UNLIKE for marks in (True, False)):
            raise TurnedDown("changed")
        before.close()
        after.close()


def _drawn(page: Any, marks: bool = False) -> tuple[int, bytes]:
    """Its greys, a row after the other; `marks` with what hangs on it and was filled in."""
    scale = _DOTS / max(page.get_size())
    drawn = page.render(scale=scale, grayscale=True, draw_annots=marks, may_draw_forms=marks)
    return drawn.width, bytes(drawn.buffer)


def _unlike(one: tuple[int, bytes], two: tuple[int, bytes]) -> float:
    if one[0] != two[0] or len(one[1]) != len(two[1]):
        return 255.0
    if one[1] == two[1]:
        return 0.0
    return sum(abs(a - b) for a, b in zip(one[1], two[1], strict=True)) / max(1, len(one[1]))
