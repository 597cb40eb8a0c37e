"""What a PDF carries inside: pictures, fonts, tables and functions, each by what its own format may hold."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Stream, StreamDecodeLevel

from bot.cleaner.jpeg import jpeg_without_words
from tips.evidence import limits
from tips.evidence.kinds import TurnedDown

_FAX: Final = ("K", "Columns", "Rows", "BlackIs1", "EncodedByteAlign", "EndOfLine", "EndOfBlock")  # table 11
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
_MEASURES: Final = frozenset(  # of a colour profile
    f"{place}{name}".encode() for place in "rgb" for name in ("XYZ", "TRC")
) | {b"kTRC", b"wtpt", b"bkpt", b"chad", b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt"}
_NUMBERS: Final = frozenset({b"XYZ ", b"curv", b"para", b"mft1", b"mft2", b"mAB ", b"mBA ", b"sf32"})
_BOXES: Final = frozenset({b"jP  ", b"ftyp", b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef"})  # of JPEG 2000
_SIZED: Final = 12, 16  # bytes of the head of an OpenType font, and of an entry of its table


def plain(old: Stream) -> bytes:
    """A stream's bytes without any coding."""
    return bytes(old.read_bytes(StreamDecodeLevel.specialized))


def write(new: Stream, data: bytes) -> None:
    """Bytes into a stream, packed: a whole document is held in memory."""
    new.write(zlib.compress(data, 6), filter=Name.FlateDecode)


def function(old: Stream) -> bytes:
    """Samples, or a program of the calculator without comments."""
    data = plain(old)
    return b" ".join(_CALCULATOR.findall(re.sub(rb"%[^\r\n]*", b"", data))) if old.get("/FunctionType") == 4 else data


def character_map(old: Stream) -> bytes:
    """Only the codes."""
    data, made = re.sub(rb"%[^\r\n]*", b"", plain(old)), [b"begincmap"]
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


def profile(old: Stream) -> bytes:
    """A colour profile's numbers."""
    return profile_without_words(plain(old))


def profile_without_words(data: bytes) -> bytes:
    """A colour profile (ISO 15076-1, 7) without dates, makers, models and descriptions."""
    head, entry = 128 + 4, 12
    found = []
    for at in range(head, head + int.from_bytes(data[128:head], "big") * entry, entry):
        start, length = (int.from_bytes(data[at + it : at + it + 4], "big") for it in (4, 8))
        if data[at : at + 4] in _MEASURES and data[start : start + 4] in _NUMBERS:
            found.append((data[at : at + 4], data[start : start + length]))
    at = head + len(found) * entry
    table, bodies = [], []
    for tag, body in found:
        table.append(tag + at.to_bytes(4, "big") + len(body).to_bytes(4, "big"))
        bodies.append(body + bytes(-len(body) % 4))
        at += len(bodies[-1])
    kept = bytes(4) + data[8:24] + bytes(12) + data[36:40] + bytes(24) + data[64:80] + bytes(48)
    return b"".join([at.to_bytes(4, "big"), kept, len(found).to_bytes(4, "big"), *table, *bodies])


# --- pictures -------------------------------------------------------------------------------------------------------


def image(old: Stream, new: Stream, colours: int) -> None:
    """Write the bytes of a picture whose other keys are there already; `colours` as many as a pixel has, or 0."""
    filters, parms = _listed(old.get("/Filter")), _listed(old.get("/DecodeParms"))
    last = str(filters[-1])[1:] if filters else ""
    if int(new.get("/Width", 0)) * int(new.get("/Height", 0)) > limits.MOST_PIXELS:
        raise TurnedDown("too_many_pixels")
    last_parms = parms[-1] if len(parms) == len(filters) and parms else None
    if last == "DCTDecode":
        new.write(
            jpeg_without_words(_within(old, filters, parms)), filter=Name.DCTDecode, decode_parms=_colours(last_parms)
        )
    elif last == "CCITTFaxDecode":
        new.write(_within(old, filters, parms), filter=Name.CCITTFaxDecode, decode_parms=_fax(last_parms))
    elif last == "JBIG2Decode":
        shared = last_parms.get("/JBIG2Globals") if isinstance(last_parms, Dictionary) else None
        before = jbig2_without_words(plain(shared) if isinstance(shared, Stream) else b"")
        new.write(before + jbig2_without_words(_within(old, filters, parms)), filter=Name.JBIG2Decode)
    elif last == "JPXDecode":
        new.write(jpx_without_words(_within(old, filters, parms)), filter=Name.JPXDecode)
    else:
        write(new, _sized(plain(old), new, colours))


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
    "FlateDecode": lambda data: zlib.decompressobj().decompress(data, limits.LARGEST_CLEAN),
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


def jpx_without_words(data: bytes) -> bytes:
    """JPEG 2000: the boxes that say what its colours are (ITU-T T.800, I.5.3), and pictures without comments."""
    if data[:2] == b"\xff\x4f":
        return _codestream(data)
    return b"".join(_boxes(data))


def _boxes(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        start, end = at + 8, at + length if length > 1 else len(data)
        if length == 1:
            start, end = at + 16, at + int.from_bytes(data[at + 8 : at + 16], "big")
        at, body = max(end, start), data[start:end]
        if kind == b"jp2h":
            body = b"".join(_boxes(body))
        elif kind == b"jp2c":
            body = _codestream(body)
        elif kind == b"colr" and body[:1] == b"\x02":
            body = body[:3] + profile_without_words(body[3:])
        elif kind not in _BOXES:
            continue
        yield (len(body) + 8).to_bytes(4, "big") + kind + body


def _codestream(data: bytes) -> bytes:
    """Without its comment segments (ITU-T T.800, A.9.2), of the whole picture and of each tile."""
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xD9:
        head, tile = [], at
        after = len(data)
        while at + 4 <= len(data) and data[at + 1] != 0x93:
            marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == 0x90 and at != tile:
                break
            if marker == 0x90:
                size = int.from_bytes(data[at + 6 : at + 10], "big")
                after = tile + size if size else len(data)
            if marker != 0x64:
                head.append(data[at : at + 2 + length])
            at += 2 + max(2, length)
        if data[at + 1 : at + 2] != b"\x93":
            kept += head
            continue
        body = data[at:after]
        size = sum(map(len, head)) + len(body)
        head[0] = head[0][:6] + size.to_bytes(4, "big") + head[0][10:]
        kept += [*head, body]
        at = max(after, at + 2)
    return b"".join((*kept, b"\xff\xd9"))


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


def inline(old: Any, anew: Any) -> bytes:
    """A picture within a program: its known keys, and its bytes as digits."""
    said = {str(key)[1:]: value for key, value in old.obj.items()}  # long names, whatever stood there
    made = [b"BI"]
    for key in ("Width", "Height", "BitsPerComponent", "ImageMask", "Interpolate"):
        if (value := anew.number(said.get(key))) is not None:
            made.append(b"/%b %b" % (key.encode(), str(value).lower().encode()))
    if (decode := anew.numbers(said.get("Decode"))) is not None:
        made.append(b"/Decode " + decode.unparse())
    if (colour := anew.colour(said["ColorSpace"]) if "ColorSpace" in said else None) is not None:
        made.append(b"/CS " + colour.unparse())
    last = [str(it)[1:] for it in _listed(said.get("Filter"))][-1:]
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


def _raw(old: Any, said: dict[str, Any]) -> bytes:
    data = bytes(old.read_raw_bytes())
    for name in _listed(said.get("Filter"))[:-1]:
        data = _UNPACK.get(str(name)[1:], _unknown)(data)
    return data


# --- fonts ----------------------------------------------------------------------------------------------------------


def font(old: Stream, new: Stream) -> None:
    """An embedded font's program without its maker's and owner's names."""
    data = plain(old)
    subtype = old.get("/Subtype")
    if data[:4] in {b"\0\1\0\0", b"true", b"OTTO"}:
        data = opentype_without_words(data)
    elif data[:2] == b"%!":
        return _type1(old, new, data)
    write(new, data)
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
    write(new, head + data[clear:])
    new.Length1, new.Length2, new.Length3 = len(head), coded, max(0, len(data) - clear - coded)
