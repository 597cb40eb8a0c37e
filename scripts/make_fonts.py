"""Makes the fonts of posters and reports: what their texts need, of Noto Sans and Noto Sans CJK SC (`make fonts`).

Run it when such a text has a sign that `handlers/fonts/` lacks; `tests/unit/test_poster.py` says so. Sources are
Debian's fonts-noto-core and fonts-noto-cjk, or whatever folder is named. All of Vietnamese and English is kept, since
the names of places are filled in; of other letters, those of the catalogues' texts that are printed.
"""

import argparse
import io
import json
import re
from pathlib import Path

from fontTools.misc.timeTools import epoch_diff
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont, newTable

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "handlers/fonts"
SOURCES = Path("/usr/share/fonts")
WEIGHTS = ("Regular", "Bold")
LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x180), 0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x1EA0, 0x1EFA)}
LATIN |= {ord(it) for it in "–—‘’“”…•·→×€₫"}
FAMILY = "Noto Sans CJK SC"
PRINTED = r'msgid "((poster|unit\.area_desk|whoreads\.poster|statistics|report|group|category|result)\b|desk\.mark")'
FILLED_IN = "≥−年月日第一二三四季度"  # marks, signs, and how Chinese writes a date
ERROR = 1.0  # units of 1,000 that a curve may move when cubic becomes quadratic


def printed_texts() -> str:
    """Every text of a poster and of a report, in every language that there is a catalogue of."""
    found = []
    for path in sorted((ROOT / "locales").glob("*/LC_MESSAGES/tinbao.po")):
        entries = path.read_text("utf-8").split("\n\n")
        found += [it for it in entries if re.match(PRINTED, it)]
    languages = json.loads((ROOT / "locales/languages.json").read_text("utf-8"))
    found += [it["name"] for it in languages if it["ready"]]  # each names itself
    return "".join(found)


def subset(font: TTFont, signs: set[int]) -> TTFont:
    """The font with these signs only, and nothing that moves or swaps them: what is measured is what is drawn."""
    options = Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14])
    made = Subsetter(options)
    made.populate(unicodes=signs)
    made.subset(font)
    font["head"].modified = font["head"].created
    return font


def collection_face(path: Path) -> TTFont:
    """The face of a collection that has the family's name."""
    faces = TTCollection(str(path), lazy=True).fonts
    return next(it for it in faces if it["name"].getDebugName(1) == FAMILY or it["name"].getDebugName(16) == FAMILY)


def quadratic(font: TTFont) -> TTFont:
    """A font with TrueType outlines, which every reader of PDF embeds alike, in the place of PostScript ones."""
    order, glyphs = font.getGlyphOrder(), font.getGlyphSet()
    drawn = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, ERROR, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, drawn
    del font["CFF "]
    for name in ("VORG", "vhea", "vmtx"):
        if name in font:
            del font[name]
    widest = font["maxp"]
    widest.tableVersion = 0x00010000
    widest.maxZones, widest.maxTwilightPoints, widest.maxStorage, widest.maxFunctionDefs = 1, 0, 0, 0
    widest.maxInstructionDefs, widest.maxStackElements, widest.maxSizeOfInstructions = 0, 0, 0
    widest.maxComponentElements = 0
    font["post"].formatType, font["post"].extraNames, font["post"].mapping = 2.0, [], {}
    font["post"].glyphOrder = order
    font.sfntVersion = "\x00\x01\x00\x00"
    for name, glyph in drawn.items():
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (font["hmtx"][name][0], getattr(glyph, "xMin", 0))
    return font


def made(sources: Path) -> dict[str, bytes]:
    """Each font by its file's name."""
    asked = {ord(it) for it in printed_texts() + FILLED_IN} - LATIN
    fonts = {}
    for weight in WEIGHTS:
        latin = TTFont(next(sources.rglob(f"NotoSans-{weight}.ttf")))
        fonts[f"sans-{weight.lower()}.ttf"] = _bytes(subset(latin, LATIN))
        face = collection_face(next(sources.rglob(f"NotoSansCJK-{weight}.ttc")))
        fonts[f"cjk-{weight.lower()}.ttf"] = _bytes(quadratic(subset(face, asked & set(face.getBestCmap()))))
    return fonts


def _bytes(font: TTFont) -> bytes:
    font.recalcTimestamp = False
    font["head"].modified = max(font["head"].created, -epoch_diff)
    out = io.BytesIO()
    font.save(out, reorderTables=False)
    return out.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="?", type=Path, default=SOURCES)
    for name, data in made(parser.parse_args().sources).items():
        (OUT / name).write_bytes(data)
        print(f"{name}: {len(data):,} bytes")
