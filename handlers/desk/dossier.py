"""A case as a PDF for paper: every page says which case, whose copy, of when, and how many pages there are.

Drawing is slow to import and to do: import it where it is needed, and call it in a thread.
"""

from __future__ import annotations

import functools
import io
import itertools
import operator
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

import locales
from handlers import faces
from handlers.desk.timeline import Happening
from handlers.desk.view_models import Line, View

WIDTH: Final = A4[0] - 36 * mm  # of a line, in points
LEFT: Final = 18 * mm
TOP: Final = A4[1] - 18 * mm
BOTTOM: Final = 24 * mm
ELSEWHERE: Final = "STSong-Light"  # a Chinese face that readers of PDF bring along: no file of ours has all its signs
FROM_THERE: Final = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))  # the signs that it is asked for
SPACING: Final = 1.4  # of a line, in sizes


@dataclass(frozen=True, slots=True)
class Paper:
    """What a dossier shows, as the case's page does."""

    line: Line
    view: View
    timeline: Sequence[Happening]
    mark: str  # whose copy, and of when
    lang: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph."""

    text: str
    size: float = 10  # points
    bold: bool = False
    before: float = 0  # points of space above it
    keep: float = 0  # points that have to be left below it on its page: a title does not stand alone


def written(paper: Paper) -> bytes:
    """The PDF; the same case makes the same bytes."""
    with faces.known():
        pdfmetrics.registerFont(UnicodeCIDFont(ELSEWHERE))
        return _drawn(paper, list(_pages(_blocks(paper))))


def _blocks(paper: Paper) -> Iterator[Block]:
    """Everything that stands in it, in order."""
    speak, line, view = functools.partial(locales.say, paper.lang), paper.line, paper.view
    yield Block(f"{speak('desk.dossier')} {line.code}", 16, bold=True)
    yield Block(f"{line.urgency} · {speak(f'state.{line.state}')} · {line.unit}", 11)
    due = f"{line.due} ({speak(line.clock)})" if line.clock else line.due
    facts = [("desk.column.due", due or "—"), ("desk.column.officer", line.officer or "—"), *view.facts]
    yield from _titled(speak("desk.facts"), (f"{speak(label)}: {value}" for label, value in facts))
    yield from _titled(speak("desk.tip"), (view.text or speak("desk.no_words"),))
    yield from _titled(speak("desk.reasons"), view.reasons)
    if view.exclusions:
        yield from _titled(speak("desk.exclusions"), (speak("desk.exclusions.why"), *view.exclusions))
    named = ((number, speak(f"desk.file.{it.kind}"), it) for number, it in enumerate(view.files, start=1))
    files = (f"{kind} {number} · {it.size} · SHA-256 {it.digest}" for number, kind, it in named)
    yield from _titled(speak("desk.files"), files)
    if view.thread:
        yield _title(speak("desk.thread"))
    for piece in view.thread:
        yield Block(f"{speak(f'desk.part.{piece.part}')} · {piece.who} · {piece.when}", 9, bold=True, before=6, keep=30)
        yield Block(piece.text)
    yield from _titled(speak("desk.readers"), view.readers)
    yield from _titled(speak("desk.asleep"), view.asleep)
    happened = (_happened(it, speak(f"ledger.{it.kind}")) for it in paper.timeline)
    yield from _titled(speak("desk.timeline"), happened)


def _happened(it: Happening, kind: str) -> str:
    times = f" ({it.times})" if it.times > 1 else ""
    return f"{it.when} · {kind}{times} · {it.who}" + (f" · {it.what}" if it.what else "")


def _title(text: str) -> Block:
    return Block(text, 12, bold=True, before=14, keep=40)


def _titled(title: str, lines: Iterable[str]) -> Iterator[Block]:
    """A title and its lines; neither where there are none."""
    for number, line in enumerate(lines):
        if not number:
            yield _title(title)
        yield Block(line, before=2)


# --- lines and pages --------------------------------------------------------------------------------------------------

Placed = tuple[float, float, bool, str]  # height above the page's foot, size, bold, words


def _pages(blocks: Iterable[Block]) -> Iterator[list[Placed]]:
    """The blocks, broken into lines, on pages."""
    page: list[Placed] = []
    y = TOP
    for block in blocks:
        y -= block.before
        if y - block.keep < BOTTOM and page:
            yield page
            page, y = [], TOP
        for words in _lines(block):
            y -= block.size * SPACING
            if y < BOTTOM:
                yield page
                page, y = [], TOP - block.size * SPACING
            page.append((y, block.size, block.bold, words))
    yield page


def _lines(block: Block) -> Iterator[str]:
    """A block as lines that fit; a word that is longer than a line is broken."""
    for paragraph in _printable(block.text).split("\n"):
        line, wide = "", 0.0
        for word in _words(paragraph, block):
            more = _width(word, block)
            if line and wide + more > WIDTH and word.strip():
                yield line.rstrip()
                line, wide = "", 0.0
            line, wide = line + word, wide + more
        yield line.rstrip()


def _words(paragraph: str, block: Block) -> Iterator[str]:
    """Pieces that a line may end behind: words, spaces, each Chinese sign, and bits of what would fill a line alone."""
    kept, wide = "", 0.0
    for sign in paragraph:
        more = _width(sign, block)
        if kept and (sign.isspace() or kept[-1].isspace() or _is_from_elsewhere(sign) or wide + more > WIDTH):
            yield kept
            kept, wide = "", 0.0
        kept, wide = kept + sign, wide + more
    if kept:
        yield kept


def _printable(text: str) -> str:
    """A text in signs that there are: letters composed, spaces and arrows plain, and the number of what no face has."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("→", ">"))
    return "".join(_sign(it) for it in composed)


@functools.cache
def _sign(sign: str) -> str:
    if sign == "\n" or faces.with_sign(sign, bold=False) or _is_from_elsewhere(sign):
        return sign
    return " " if sign.isspace() else f"[U+{ord(sign):04X}]"


def _is_from_elsewhere(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in FROM_THERE)


@functools.cache
def _face(sign: str, bold: bool) -> str:
    """The face that draws a sign."""
    return faces.with_sign(sign, bold) or faces.with_sign(sign, bold=False) or ELSEWHERE


def _width(words: str, block: Block) -> float:
    return sum(_sign_width(it, block.bold) for it in words) * block.size


@functools.cache
def _sign_width(sign: str, bold: bool) -> float:
    return float(pdfmetrics.stringWidth(sign, _face(sign, bold), 1))


# --- drawing ----------------------------------------------------------------------------------------------------------


def _drawn(paper: Paper, pages: Sequence[Sequence[Placed]]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True, pageCompression=True, lang=paper.lang)
    canvas.setTitle(paper.line.code)
    canvas.setAuthor("Tin Báo")
    for number, page in enumerate(pages, start=1):
        for y, size, bold, words in page:
            _draw(canvas, LEFT, y, size, bold, words)
        canvas.line(LEFT, 19 * mm, LEFT + WIDTH, 19 * mm)
        for at, words in enumerate(_foot(paper, number, len(pages))):
            _draw(canvas, LEFT, (15 - 4 * at) * mm, 8, False, words)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _foot(paper: Paper, number: int, of: int) -> tuple[str, str]:
    page = locales.say(paper.lang, "desk.dossier.page", n=str(number), of=str(of))
    return _printable(f"{paper.line.code} · {page}"), _printable(paper.mark)


def _draw(canvas: Canvas, x: float, y: float, size: float, bold: bool, words: str) -> None:
    """A line in its faces, one stretch of each after the other."""
    for face, stretch in _stretches(words, bold):
        canvas.setFont(face, size)
        canvas.drawString(x, y, stretch)
        x += float(pdfmetrics.stringWidth(stretch, face, size))


def _stretches(words: str, bold: bool) -> Iterator[tuple[str, str]]:
    """Faces, and what each draws; Chinese words have one, for readers lose a sign that stands alone in its face."""
    for chinese, part in itertools.groupby(words, _is_from_elsewhere):
        signs = list(part)
        faces_of = [_face(it, bold) for it in signs]
        if chinese and ELSEWHERE in faces_of:
            yield ELSEWHERE, "".join(signs)
            continue
        for face, stretch in itertools.groupby(zip(faces_of, signs, strict=True), operator.itemgetter(0)):
            yield face, "".join(sign for _, sign in stretch)
