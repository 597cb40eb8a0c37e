"""What draws, in a PDF (ISO 32000-1): the keys of each kind of object, and the operators of a program.

A key stands with the sort of its value: the method of `pdf_pages` that takes it over, or the names that it may be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final


def _words(names: str) -> list[str]:
    return names.split()


def _keys(sort: str, names: str) -> dict[str, str | frozenset[str]]:
    return dict.fromkeys(_words(names), sort)


Sorts = Mapping[str, str | frozenset[str]]  # key -> the method that takes its value over, or the names it may be
INTENTS: Final = frozenset({"AbsoluteColorimetric", "RelativeColorimetric", "Saturation", "Perceptual"})
DEVICES: Final = frozenset({"DeviceGray", "DeviceRGB", "DeviceCMYK", "Pattern", "G", "RGB", "CMYK"})
INKS: Final = frozenset({"All", "None", "Cyan", "Magenta", "Yellow", "Black", "Red", "Green", "Blue"})
BLENDS: Final = frozenset(
    _words(
        "Normal Compatible Multiply Screen Overlay Darken Lighten ColorDodge ColorBurn HardLight SoftLight Difference "
        "Exclusion Hue Saturation Color Luminosity"
    )
)


STATE: Final[Sorts] = {  # table 58
    **_keys("number", "LW LC LJ ML OP op OPM FL SM SA CA ca AIS TK"),
    **_keys("function", "TR TR2"),
    **{"D": "numbers", "RI": INTENTS, "Font": "font_and_size", "SMask": "soft_mask", "BM": "blend"},
}
SOFT_MASK: Final[Sorts] = {  # table 144
    **{"S": frozenset({"Alpha", "Luminosity"}), "G": "xobject", "BC": "numbers", "TR": "function"}
}
FUNCTION: Final[Sorts] = {  # tables 38 to 41
    **_keys("number", "FunctionType BitsPerSample Order N"),
    **_keys("numbers", "Domain Range Size Encode Decode C0 C1 Bounds"),
    "Functions": "function",
}
SHADING: Final[Sorts] = {  # tables 78 to 86
    **_keys("number", "ShadingType AntiAlias BitsPerCoordinate BitsPerComponent BitsPerFlag VerticesPerRow"),
    **_keys("numbers", "Background BBox Domain Matrix Coords Extend Decode"),
    **{"ColorSpace": "colour", "Function": "function"},
}
PATTERN: Final[Sorts] = {  # tables 75 and 76
    **_keys("number", "PatternType PaintType TilingType XStep YStep"),
    **_keys("numbers", "BBox Matrix"),
    **{"Resources": "resources", "Shading": "shading", "ExtGState": "state"},
}
IMAGE: Final[Sorts] = {  # table 89
    **_keys("number", "Width Height BitsPerComponent ImageMask Interpolate"),
    **_keys("numbers", "Decode Matte"),
    **{"ColorSpace": "colour", "Intent": INTENTS, "Mask": "mask", "SMask": "xobject"},
}
FORM: Final[Sorts] = {  # table 95
    **_keys("numbers", "BBox Matrix"),
    **{"Resources": "resources", "Group": "group"},
}
GROUP: Final[Sorts] = {"S": frozenset({"Transparency"}), "CS": "colour", "I": "number", "K": "number"}  # table 147
PROFILE: Final[Sorts] = {"N": "number", "Range": "numbers", "Alternate": "colour"}  # table 66
CALIBRATED: Final[Sorts] = _keys("numbers", "WhitePoint BlackPoint Range Matrix Gamma")  # tables 63 to 65
FONT: Final[Sorts] = {  # tables 111, 112, 117 and 121
    "Subtype": frozenset({"Type0", "Type1", "MMType1", "TrueType", "Type3", "CIDFontType0", "CIDFontType2"}),
    **_keys("number", "FirstChar LastChar DW"),
    **_keys("numbers", "Widths W DW2 W2 FontBBox FontMatrix"),
    **_keys("font_name", "BaseFont"),
    **{"Encoding": "encoding", "FontDescriptor": "descriptor", "ToUnicode": "map", "DescendantFonts": "fonts"},
    **{"CIDSystemInfo": "collection", "CIDToGIDMap": "glyphs", "CharProcs": "procedures", "Resources": "resources"},
}
DESCRIPTOR: Final[Sorts] = {  # table 122
    **_keys("number", "Flags ItalicAngle Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth MaxWidth"),
    **_keys("number", "MissingWidth"),
    **{"FontName": "font_name", "FontBBox": "numbers"},
    **_keys("program", "FontFile FontFile2 FontFile3"),
}
PAGE: Final[Sorts] = {  # table 30
    **_keys("numbers", "MediaBox CropBox"),
    **_keys("number", "Rotate UserUnit"),
    **{"Resources": "resources", "Group": "group"},
}
RESOURCES: Final = {  # table 33, but for marked content
    **{"ExtGState": "state", "ColorSpace": "colour", "Pattern": "pattern", "Shading": "shading"},
    **{"XObject": "xobject", "Font": "font"},
}
ENCODINGS: Final = re.compile(  # annex D, and table 118
    r"(WinAnsi|MacRoman|MacExpert|Standard|PDFDoc)Encoding|Identity-[HV]|"
    r"(Uni|GB|B5|HK|ETen|ET|CNS|KSC|83pv|90|Add|EUC|Ext|UCS|Adobe)[A-Za-z0-9-]{0,24}-[HV]|[HV]"
)
COLLECTIONS: Final = frozenset({"Identity", "GB1", "CNS1", "Japan1", "Korea1", "KR", "UCS"})

OPERANDS: Final = {  # annex A, but for marked content: n number, a array of numbers, s string, t TJ's, N a name
    **dict.fromkeys(_words("q Q h S s f F f* B B* b b* n W W* BT ET T*"), ""),
    **dict.fromkeys(
        _words("w J j M i cm m l c v y re Tc Tw Tz TL Tr Ts Td TD Tm d0 d1 g G rg RG k K sc SC"),
        "n",
    ),
    **dict.fromkeys(_words("gs sh Do cs CS ri"), "N"),
    **dict.fromkeys(["scn", "SCN", "Tf"], "nN"),
    **{"d": "an", "Tj": "s", "'": "s", '"': "ns", "TJ": "t"},
}
SHOWN: Final = {"Tj": "", "TJ": "", "'": "T*", '"': "T*"}  # what is left of text that nobody sees
PAINTED: Final = {**dict.fromkeys(_words("S s f F f* B B* b b*"), "n"), "Do": "", "sh": "", **SHOWN}
UNSEEN: Final = 3  # the rendering mode of text that only machines read (9.3.6)
