"""What a PDF carries inside: pictures, fonts, tables and functions, each by what its own format may hold."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Callable
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from bot.cleaner.jpeg import jpeg_without_words
from tips import evidence
from tips.evidence import TurnedDown

_FAX: Final = ("K", "Columns", "Rows", "BlackIs1", "EncodedByteAlign", "EndOfLine", "EndOfBlock")  # table 11
_LONG: Final = {  # table 93 and 94: the short names in a picture that stands within a program
    **{"W": "Width", "H": "Height", "BPC": "BitsPerComponent", "CS": "ColorSpace", "D": "Decode", "DP": "DecodeParms"},
    **{"F": "Filter", "IM": "ImageMask", "I": "Interpolate", "AHx": "ASCIIHexDecode", "A85": "ASCII85Decode"},
    **{"LZW": "LZWDecode", "Fl": "FlateDecode", "RL": "RunLengthDecode", "CCF": "CCITTFaxDecode", "DCT": "DCTDecode"},
}
_CALCULATOR: Final = re.compile(  # 7.10.5
    rb"[{}]|[-+]?(?:\d+\.?\d*|\.\d+)|\b(?:abs|add|and|atan|bitshift|ceiling|copy|cos|cvi|cvr|div|dup|eq|exch|exp|false|"
    rb"floor|ge|gt|idiv|if|ifelse|index|le|ln|log|lt|mod|mul|ne|neg|not|or|pop|roll|round|sin|sqrt|sub|true|truncate|"
    rb"xor)\b"
)
_SECTIONS: Final = re.compile(  # of a character map (Adobe Technical Note 5014)
    rb"\d+\s+begin(codespacerange|bfchar|bfrange|cidchar|cidrange|notdefchar|notdefrange)\b(.*?)\bend\1\b", re.DOTALL
)
_CODES: Final = re.compile(rb"<[0-9A-Fa-f\s]{0,64}>|\[|\]|\d+")
_TABLES: Final = frozenset(  # of a TrueType or OpenType font: what draws; not `name`, which says who made it for whom
    b"cmap cvt  fpgm gasp glyf head hhea hmtx loca maxp prep post OS/2 vhea vmtx CFF  VORG kern".split(b" ")
)
_SIZED: Final = 12, 16  # bytes of the head of an OpenType font, and of an entry of its table


def plain(old: Stream) -> bytes:
    """A stream's bytes without any coding."""
    return old.read_bytes()


def function(old: Stream) -> bytes:
    """Samples, or a program of the calculator without comments."""
    data = old.read_bytes()
    return b" ".join(_CALCULATOR.findall(re.sub(rb"%[^\r\n]*", b"", data))) if old.get("/FunctionType") == 4 else data


def character_map(old: Stream) -> bytes:
    """Only the codes."""
    data, made = re.sub(rb"%[^\r\n]*", b"", old.read_bytes()), [b"begincmap"]
    if found := re.search(rb"/(Identity-[HV]|[A-Za-z0-9]{2,12}(?:-[A-Za-z0-9]{1,8}){1,3}-[HV])\s+usecmap", data):
        made.append(b"/" + found[1] + b" usecmap")
    for kind, body in _SECTIONS.findall(data):
        codes = _CODES.findall(body)
        pairs = _entries(codes, 2 if kind.endswith((b"char", b"spacerange")) else 3)
        for at in range(0, len(pairs), 100):
            part = pairs[at : at + 100]
            made += [b"%d begin%b" % (len(part), kind), *(b" ".join(it) for it in part), b"end" + kind]
    return b"\n".join([*made, b"endcmap"])


def _entries(codes: list[bytes], length: int) -> list[list[bytes]]:
    """Codes in entries of so many, an array counting as one."""
    found: list[list[bytes]] = []
    entry: list[bytes] = []
    depth = 0
    for code in codes:
        if depth and entry:
            entry[-1] += b" " + code
        else:
            entry.append(code)
        depth += {b"[": 1, b"]": -1}.get(code, 0)
        if not depth and len(entry) == length:
            found.append(entry)
            entry = []
    return found


# --- pictures -------------------------------------------------------------------------------------------------------


def image(old: Stream, new: Stream, colours: int) -> None:
    """Write the bytes of a picture whose other keys are there already; `colours` as many as a pixel has, or 0."""
    filters, parms = _listed(old.get("/Filter")), _listed(old.get("/DecodeParms"))
    last = str(filters[-1])[1:] if filters else ""
    last_parms = parms[-1] if len(parms) == len(filters) and parms else None
    if last == "DCTDecode":
        new.write(
            jpeg_without_words(_within(old, filters, parms)), filter=Name.DCTDecode, decode_parms=_colours(last_parms)
        )
    elif last == "CCITTFaxDecode":
        new.write(_within(old, filters, parms), filter=Name.CCITTFaxDecode, decode_parms=_fax(last_parms))
    elif last == "JBIG2Decode":
        shared = last_parms.get("/JBIG2Globals") if isinstance(last_parms, Dictionary) else None
        before = jbig2_without_words(shared.read_bytes() if isinstance(shared, Stream) else b"")
        new.write(before + jbig2_without_words(_within(old, filters, parms)), filter=Name.JBIG2Decode)
    elif last == "JPXDecode":
        _fill_jpx(_within(old, filters, parms), new)
    else:
        new.write(_sized(old.read_bytes(), new, colours))


def _sized(data: bytes, new: Any, colours: int) -> bytes:
    """Without what stands behind the last row."""
    bits = 1 if new.get("/ImageMask") else colours * int(new.get("/BitsPerComponent", 8))
    size = (int(new.get("/Width", 0)) * bits + 7) // 8 * int(new.get("/Height", 0))
    return data[:size] if bits else data


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


def _within(old: Stream, filters: list[Any], parms: list[Any]) -> bytes:
    """The bytes inside all codings but the last, which is the picture's own."""
    data = old.read_raw_bytes()
    for name in filters[:-1]:
        data = _UNPACK.get(str(name)[1:], _unknown)(data)
    return data


def _unknown(data: bytes) -> bytes:
    raise TurnedDown("unknown")


def _hex(data: bytes) -> bytes:
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", data.partition(b">")[0])
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _base85(data: bytes) -> bytes:
    return base64.a85decode(data.strip().removeprefix(b"<~").partition(b"~")[0])


_UNPACK: Final[dict[str, Callable[[bytes], bytes]]] = {
    "FlateDecode": lambda data: zlib.decompressobj().decompress(data, evidence.LARGEST_CLEAN),
    "ASCIIHexDecode": _hex,
    "ASCII85Decode": _base85,
}


def _colours(parms: Any) -> Any:
    if isinstance(parms, Dictionary) and "/ColorTransform" in parms:
        return Dictionary(ColorTransform=int(parms["/ColorTransform"]))
    return None


def _fax(parms: Any) -> Any:
    found = parms if isinstance(parms, Dictionary) else Dictionary()
    return Dictionary({f"/{key}": found[f"/{key}"] for key in _FAX if isinstance(found.get(f"/{key}"), (bool, int))})


def _fill_jpx(data: bytes, new: Any) -> None:
    """JPEG 2000 has boxes of free text: its pixels, then."""
    picture: Any = Image.open(io.BytesIO(data), formats=["JPEG2000"])
    if picture.width * picture.height > evidence.MOST_PIXELS:
        raise TurnedDown("too_many_pixels")
    grey = picture.mode in {"1", "L", "LA", "I;16", "I"}
    picture = picture.convert("L" if grey else "RGB")
    new.Width, new.Height, new.BitsPerComponent = picture.width, picture.height, 8
    if _listed(new.get("/ColorSpace"))[:1] != [Name.Indexed]:
        new.ColorSpace = Name.DeviceGray if grey else Name.DeviceRGB
    made = io.BytesIO()
    if grey:
        new.write(picture.tobytes())
    else:
        picture.save(made, "JPEG", quality=90)
        new.write(made.getvalue(), filter=Name.DCTDecode)


def jbig2_without_words(data: bytes) -> bytes:
    """Segments of JBIG2 in a PDF's order (ITU-T T.88, 7.2) without extensions, which hold comments."""
    kept, at = [], 0
    while at + 11 <= len(data):
        start, number, flags = at, int.from_bytes(data[at : at + 4], "big"), data[at + 4]
        many, at = data[at + 5] >> 5, at + 6
        if many == 7:
            many = int.from_bytes(data[at - 1 : at + 3], "big") & 0x1FFFFFFF
            at += 3 + (many + 8) // 8
        at += many * (1 if number <= 256 else 2 if number <= 65536 else 4) + (4 if flags & 0x40 else 1)
        length = int.from_bytes(data[at : at + 4], "big")
        at = len(data) if length == 0xFFFFFFFF else at + 4 + length
        if flags & 0x3F != 62:
            kept.append(data[start:at])
    return b"".join(kept)


def inline(operands: list[Any], old: Any, anew: Any) -> bytes:
    """A picture within a program: its known keys, and its bytes as digits."""
    said = {_long(key): value for key, value in zip(operands[::2], operands[1::2], strict=False)}
    made = [b"BI"]
    for key in ("Width", "Height", "BitsPerComponent", "ImageMask", "Interpolate"):
        if (value := anew.number(said.get(key))) is not None:
            made.append(b"/%b %b" % (key.encode(), str(value).lower().encode()))
    if (decode := anew.numbers(said.get("Decode"))) is not None:
        made.append(b"/Decode " + decode.unparse())
    if (colour := anew.colour(said["ColorSpace"]) if "ColorSpace" in said else None) is not None:
        made.append(b"/CS " + colour.unparse())
    last = [_long(it) for it in _listed(said.get("Filter"))][-1:]
    names, data = b"/Fl", b""
    if last == ["CCITTFaxDecode"]:
        parms = _listed(said.get("DecodeParms"))[-1:]
        made.append(b"/DP [null %b]" % _fax(parms[0] if parms else None).unparse())
        names, data = b"/CCF", _raw(old, said)
    elif last == ["DCTDecode"]:
        names, data = b"/DCT", jpeg_without_words(_raw(old, said))
    else:
        data = zlib.compress(old.read_bytes())
    return b"\n".join([*made, b"/F [/AHx %b]" % names, b"ID " + data.hex().encode() + b">", b"EI"])


def _long(name: Any) -> str:
    short = str(name)[1:]
    return _LONG.get(short, short)


def _raw(old: Any, said: dict[str, Any]) -> bytes:
    data = bytes(old.read_raw_bytes())
    for name in _listed(said.get("Filter"))[:-1]:
        data = _UNPACK.get(_long(name), _unknown)(data)
    return data


# --- fonts ----------------------------------------------------------------------------------------------------------


def font(old: Stream, new: Stream) -> None:
    """An embedded font's program without its maker's and owner's names."""
    data = old.read_bytes()
    subtype = old.get("/Subtype")
    if data[:4] in {b"\0\1\0\0", b"true", b"OTTO"}:
        data = opentype_without_words(data)
    elif data[:2] == b"%!":
        return _type1(old, new, data)
    new.write(data)
    if subtype in {Name.Type1C, Name.CIDFontType0C, Name.OpenType}:
        new.Subtype = subtype
    elif "/Length1" in old:
        new.Length1 = len(data)
    return None


def opentype_without_words(data: bytes) -> bytes:
    """The tables that draw (ISO/IEC 14496-22, 4.5)."""
    head, entry = _SIZED
    many = int.from_bytes(data[4:6], "big")
    found = {}
    for at in range(head, head + many * entry, entry):
        start, length = (int.from_bytes(data[at + it : at + it + 4], "big") for it in (8, 12))
        if data[at : at + 4].rstrip() in _TABLES:
            found[data[at : at + 4]] = data[at + 4 : at + 8], data[start : start + length]
    made = [data[:4] + len(found).to_bytes(2, "big") + data[6:12]]
    at, bodies = head + len(found) * entry, []
    for tag, (check, body) in sorted(found.items()):
        made.append(tag + check + at.to_bytes(4, "big") + len(body).to_bytes(4, "big"))
        bodies.append(body + bytes(-len(body) % 4))
        at += len(bodies[-1])
    return b"".join([*made, *bodies])


def _type1(old: Any, new: Any, data: bytes) -> None:
    """The clear part of a Type 1 font without comments and notices; the coded one as it is."""
    clear, coded = int(old.get("/Length1", 0)), int(old.get("/Length2", 0))
    head = re.sub(rb"(?m)^%(?!!)[^\r\n]*", b"", data[:clear])
    head = re.sub(rb"/(Notice|Copyright|FullName|FamilyName|version|Weight)\s*\((?:[^()\\]|\\.)*\)", rb"/\1 ()", head)
    new.write(head + data[clear:])
    new.Length1, new.Length2, new.Length3 = len(head), coded, max(0, len(data) - clear - coded)
