"""Files with a mark in every place where a format can hold words, put there byte by byte where no tool does it."""

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pikepdf
import pillow_heif
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

from tests.fakes import films, gallery

MARK = "NGUOIBAO"
_UTF8 = MARK.encode()
SPELLINGS = (_UTF8, MARK.encode("utf-16-le"), MARK.encode("utf-16-be"), _UTF8.hex().encode(), _UTF8[::-1])
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_HEX = re.compile(rb"[0-9A-Fa-f]{16,}")


def found(data: bytes, depth: int = 3) -> bool:
    """Whether the mark stands in bytes, in any spelling, or in whatever is packed in them."""
    if any(it.lower() in data.lower() for it in SPELLINGS):
        return True
    return depth > 0 and any(found(inner, depth - 1) for inner in _unpacked(data))


def _unpacked(data: bytes) -> Iterator[bytes]:
    for at in _ZLIB.finditer(data):
        try:
            inner = zlib.decompressobj().decompress(data[at.start() :], 8_000_000)
        except zlib.error:
            continue
        if len(inner) > 8:
            yield inner
    for digits in _HEX.findall(data):
        yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _profile() -> bytes:
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = made.index("sRGB built-in".encode("utf-16-be"))  # the description that programs show
    made[at : at + 2 * len(MARK)] = MARK.encode("utf-16-be")
    return bytes(made)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = MARK
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + MARK.encode("utf-16-le")
    return exif


_XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>{MARK}</a></x:xmpmeta>'.encode()


def _picture(kind: str, **words: object) -> bytes:
    pillow_heif.register_heif_opener()
    data, made = io.BytesIO(), Image.linear_gradient("L").convert("RGB")
    made.save(data, kind, **words)
    return data.getvalue()


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg() -> bytes:
    data = _picture("JPEG", exif=_exif(), xmp=_XMP, icc_profile=_profile(), comment=_UTF8)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", 5 + len(MARK)) + b"\x1c\x02\x50\0\x08" + _UTF8
    extra = b"".join(_segment(it, _UTF8) for it in (0xE4, 0xEC, 0xEF)) + _segment(0xED, iptc)
    return data[:2] + extra + data[2:] + _UTF8


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png() -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", MARK)
    words.add_text("Author", MARK, zip=True)
    words.add_itxt("XML:com.adobe.xmp", _XMP.decode(), zip=True)
    data = _picture("PNG", pnginfo=words, exif=_exif(), icc_profile=_profile())
    return data[:33] + _chunk(b"prVt", _UTF8) + data[33:] + _UTF8


def gif() -> bytes:
    data = gallery.moving_picture(3).replace(gallery.CANARY.encode(), MARK.ljust(len(gallery.CANARY)).encode())
    application = b"\x21\xff\x0bXMP DataXMP" + bytes([len(MARK)]) + _UTF8 + b"\0"
    plain_text = b"\x21\x01\x0c" + bytes(12) + bytes([len(MARK)]) + _UTF8 + b"\0"
    return data[:-1] + application + plain_text + b"\x3b" + _UTF8


def webp() -> bytes:
    data = _picture("WEBP", exif=_exif(), xmp=_XMP, icc_profile=_profile()) + b"NOTE" + struct.pack("<I", 8) + _UTF8
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def heic() -> bytes:
    return _picture("HEIF", exif=_exif().tobytes(), xmp=_XMP, icc_profile=_profile()) + _box(b"free", _UTF8)


def avif() -> bytes:
    return _picture("AVIF", exif=_exif(), xmp=_XMP, icc_profile=_profile()) + _box(b"uuid", bytes(16) + _UTF8)


def tiff(pages: int = 1) -> bytes:
    data, made = io.BytesIO(), Image.linear_gradient("L").convert("RGB")
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag in (270, 305, 315, 316, 33432):
        tags[tag] = MARK
    tags[700], tags[33723], tags[65000] = _XMP, _UTF8, MARK
    others = [made.rotate(90)] * (pages - 1)
    made.save(data, "TIFF", tiffinfo=tags, icc_profile=_profile(), save_all=pages > 1, append_images=others)
    return data.getvalue() + _UTF8


# --- films and sound -------------------------------------------------------------------------------------------------


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


_WORDS = (
    *(word for key in ("title", "artist", "comment", "location", "encoder") for word in ("-metadata", f"{key}={MARK}")),
    *(word for key in ("title", "handler_name", "encoder") for word in ("-metadata:s", f"{key}={MARK}")),
)


def _film(folder: Path, words: tuple[str, ...], suffix: str) -> bytes:
    chapters, note = folder / "chapters.txt", folder / "note.txt"
    chapters.write_text(f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle={MARK}\n")
    note.write_text(MARK)
    attached = ("-attach", str(note), "-metadata:s:t", "mimetype=text/plain") if suffix == ".mkv" else ()
    count = words.count("lavfi")
    mapped = tuple(word for number in range(count) for word in ("-map", str(number)))
    inputs, rest = words[: 4 * count], words[4 * count :]
    chaptered = ("-i", str(chapters), "-map_chapters", str(count), *mapped)
    return films.made(folder, (*inputs, *chaptered, *rest, *_WORDS, *attached), suffix)


def _marked_units(data: bytes, container: str, units: Callable[[bytes], bytes]) -> bytes:
    """The same film with what `units` makes of each packet of its picture."""
    made = io.BytesIO()
    with av.open(io.BytesIO(data)) as old, av.open(made, "w", format=container) as new:
        copies = {
            it.index: new.add_stream_from_template(it, opaque=True) for it in (*old.streams.video, *old.streams.audio)
        }
        for packet in old.demux(list(old.streams.video + old.streams.audio)):
            if not packet.size:
                continue
            fresh = av.Packet(units(bytes(packet)) if packet.stream.type == "video" else bytes(packet))
            fresh.pts, fresh.dts, fresh.time_base = packet.pts, packet.dts, packet.time_base
            fresh.duration, fresh.is_keyframe = packet.duration, packet.is_keyframe
            fresh.stream = copies[packet.stream.index]
            new.mux(fresh)
    return made.getvalue()


def _unit(head: bytes, body: bytes = b"") -> bytes:
    unit = head + (body or _UTF8 + b"\x80")
    return struct.pack(">I", len(unit)) + unit


_SEI = b"".join(  # user data with and without a number of a maker, and one that is only said to be about brightness
    bytes((kind, len(body))) + body for kind, body in ((5, b"\x11" * 16 + _UTF8), (4, _UTF8), (144, _UTF8))
)


def h264(folder: Path) -> bytes:
    data = _film(folder, (*films.BOTH, *films.H264, *films.AAC), ".mp4")
    extra = _unit(b"\x06", _SEI + b"\x80") + _unit(b"\x0c") + _unit(b"\x18")  # and filler, and a unit of no kind
    return _marked_units(data, "mp4", lambda packet: extra + packet) + _box(b"uuid", bytes(16) + _UTF8)


def hevc(folder: Path, suffix: str = ".mp4") -> bytes:
    data = _film(folder, (*films.BOTH, *films.HEVC, *films.AAC), suffix)
    before, behind = _unit(b"\x4e\x01", _SEI + b"\x80"), _unit(b"\x50\x01", _SEI + b"\x80") + _unit(b"\x7c\x01")
    container = "matroska" if suffix == ".mkv" else "mp4"
    return _marked_units(data, container, lambda packet: before + packet + behind)


def av1(folder: Path) -> bytes:
    data = _film(folder, (*films.PICTURES, "-c:v", "libsvtav1", "-preset", "12"), ".mp4")
    note = bytes((4, 0xB5, *_UTF8, 0x80))  # of a country's maker (AV1 5.8.1)
    metadata = bytes((5 << 3 | 2, len(note))) + note
    return _marked_units(data, "mp4", lambda packet: packet + metadata + bytes((15 << 3 | 2, len(note))) + note)


def mpeg4(folder: Path) -> bytes:
    data = _film(folder, (*films.PICTURES, "-c:v", "mpeg4"), ".mp4")
    return _marked_units(data, "mp4", lambda packet: b"\0\0\x01\xb2" + _UTF8 + packet)


def boxes(folder: Path) -> bytes:
    """Boxes of all sorts at the end, and what exiftool writes."""
    data = gallery.planted(_film(folder, (*films.BOTH, *films.H264, *films.AAC), ".mov"), ".mov", folder)
    user = _box(b"udta", _box(b"\xa9nam", struct.pack(">HH", len(MARK), 0x15C7) + _UTF8))
    return data + user + _box(b"free", _UTF8) + _box(b"skip", _UTF8)


def coloured(folder: Path) -> bytes:
    """A film whose picture has a colour profile, in place of the numbers that say its colours."""
    data = films.made(folder, (*films.PICTURES, *films.H264, "-colorspace", "bt709"), ".mov")
    at = data.index(b"avcC") - 4
    colr = _box(b"colr", b"prof" + _profile())
    made = data[:at] + colr + data[at:]
    for parent in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        start = made.index(parent) - 4
        size = struct.unpack(">I", made[start : start + 4])[0] + len(colr)
        made = made[:start] + struct.pack(">I", size) + made[start + 4 :]
    return made


def riff(folder: Path) -> bytes:
    data = _film(folder, (*films.SOUND, "-c:a", "pcm_s16le"), ".wav")
    chunks = b"".join(kind + struct.pack("<I", 602) + _UTF8.ljust(602) for kind in (b"bext", b"iXML", b"_PMX", b"id3 "))
    made = data[:12] + chunks + data[12:] + chunks
    return made[:4] + struct.pack("<I", len(made) - 8) + made[8:] + _UTF8


def _apev2() -> bytes:
    item = struct.pack("<II", len(MARK), 0) + b"Title\0" + _UTF8
    foot = struct.pack("<8sIIII8x", b"APETAGEX", 2000, len(item) + 32, 1, 0)
    return item + foot


def _id3(text: bytes = _UTF8) -> bytes:
    body = b"TIT2" + struct.pack(">I", len(text) + 1) + b"\0\0\0" + text
    return b"ID3\x03\0\0\0\0" + bytes((len(body) >> 7, len(body) & 0x7F)) + body


def mp3(folder: Path) -> bytes:
    data = films.made(folder, (*films.SOUND, "-c:a", "libmp3lame", "-b:a", "64k", "-id3v2_version", "0"), ".mp3")
    size = 64 * 144_000 // 44_100
    half = data.index(b"\xff\xfb", len(data) // 2)
    lyrics = b"LYRICSBEGIN" + _UTF8 + b"000019LYRICS200"
    between = _UTF8 + b"\xff\xfe" + MARK.encode("utf-16-le") + b"\xff\xfb" + _UTF8
    tags = _apev2() + lyrics + b"TAG" + _UTF8.ljust(125)
    return _id3() + _UTF8 + data[:half] + between + data[half:] + data[half : half + size // 2] + tags


def adts(folder: Path) -> bytes:
    data = films.made(folder, (*films.SOUND, *films.AAC), ".aac")
    half = data.index(data[:3], len(data) // 2)
    return _id3() + data[:half] + _UTF8 + b"\xff\xf1" + _UTF8 + data[half:] + _apev2() + b"TAG" + _UTF8.ljust(125)


def flac(folder: Path) -> bytes:
    data = _film(folder, films.SOUND, ".flac")
    blocks = b"".join(bytes((kind,)) + struct.pack(">I", len(_UTF8) + 4)[1:] + b"note" + _UTF8 for kind in (1, 2, 6))
    return data[:42] + blocks + data[42:] + _UTF8


# --- documents -------------------------------------------------------------------------------------------------------


def _note(**more: object) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(Note=pikepdf.String(MARK), **more)


def pdf() -> bytes:
    made = gallery.document()
    old, data = pikepdf.open(io.BytesIO(made)), io.BytesIO()
    layer = old.make_indirect(_note(Type=pikepdf.Name.OCG, Name=pikepdf.String(MARK), Creator=pikepdf.String(MARK)))
    old.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=_note(Order=[pikepdf.String(MARK), layer]))
    old.Root.Lang = pikepdf.String(MARK)
    old.Root[f"/{MARK}"] = pikepdf.Name(f"/{MARK}")
    page = old.pages[0].obj
    page["/PTEX.FileName"] = page[f"/{MARK}"] = pikepdf.String(MARK)
    page.VP = [_note(Measure=_note(GCS=_note(WKT=pikepdf.String(MARK))), Name=pikepdf.String(MARK))]
    page.B, page.Tabs, page.LastModified = [_note()], pikepdf.Name(f"/{MARK}"), pikepdf.String(MARK)
    photo = page.Resources.XObject.Photo
    photo["/PTEX.FileName"], photo.Name, photo.ID = pikepdf.String(MARK), pikepdf.Name(f"/{MARK}"), pikepdf.String(MARK)
    jpeg_of = jpeg()
    resources = page.Resources
    resources.XObject[f"/{MARK}"] = _form(old)
    resources.XObject.Scan = _jpx(old)
    resources.Properties = pikepdf.Dictionary(Words=_note(ActualText=pikepdf.String(MARK)), Layer=layer)
    resources.Font = pikepdf.Dictionary({f"/{MARK}": _font(old)})
    resources.ColorSpace = pikepdf.Dictionary(Paint=pikepdf.Array([pikepdf.Name.ICCBased, _icc(old)]))
    resources.ExtGState = pikepdf.Dictionary(State=_note(ca=1, Font=[_font(old), 9]))
    resources[f"/{MARK}"] = pikepdf.String(MARK)
    for key in ("E", "Alt", "ActualText"):
        page[f"/{key}"] = pikepdf.String(MARK)
    page.Contents = [
        old.make_stream(f"%{MARK}\n/Span <</ActualText ({MARK}) /Alt ({MARK}) /E ({MARK})>> BDC ".encode()),
        old.make_stream(f"/{MARK} BMC /OC /Layer BDC q 200 0 0 200 0 0 cm /Photo Do Q EMC EMC EMC ".encode()),
        old.make_stream(f"/{MARK} MP /P /Words DP ({MARK}) 1 w /{MARK} 2 J BX ({MARK}) {MARK} EX ".encode()),
        old.make_stream(f"q /{MARK} Do Q q 9 0 0 9 9 9 cm /Scan Do Q /State gs /Paint cs 1 0 0 sc ".encode()),
        old.make_stream(f"BT /{MARK} 12 Tf 10 280 Td (seen) Tj 3 Tr ({MARK}) Tj ET ".encode()),
        old.make_stream(f"BI /W 8 /H 8 /BPC 1 /CS /G /{MARK} ({MARK}) /F /AHx ID aa55aa55aa55aa55> EI".encode()),
    ]
    photo.write(jpeg_of, filter=pikepdf.Name.DCTDecode)
    photo.Width = photo.Height = 256
    old.save(data, compress_streams=True)
    return data.getvalue() + b"%" + _UTF8


def _form(old: pikepdf.Pdf) -> pikepdf.Stream:
    form = old.make_stream(f"%{MARK}\n/Span <</ActualText ({MARK})>> BDC 0 0 5 5 re f EMC".encode())
    form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 9, 9]
    form.PieceInfo, form.LastModified, form["/PTEX.InfoDict"] = _note(), pikepdf.String(MARK), _note()
    form.Metadata, form.Group = old.make_stream(_XMP), _note(S=pikepdf.Name.Transparency)
    return form


def _jpx(old: pikepdf.Pdf) -> pikepdf.Stream:
    data = _picture("JPEG2000", comment=MARK)
    scan = old.make_stream(data + _box(b"xml ", _XMP) + _box(b"uuid", bytes(16) + _UTF8))
    scan.Subtype, scan.Filter, scan.Width, scan.Height = pikepdf.Name.Image, pikepdf.Name.JPXDecode, 256, 256
    return scan


def _icc(old: pikepdf.Pdf) -> pikepdf.Stream:
    profile = old.make_stream(_profile())
    profile.N, profile.Metadata = 3, old.make_stream(_XMP)
    return profile


def _font(old: pikepdf.Pdf) -> pikepdf.Dictionary:
    codes = f"%{MARK}\n/CMapName /{MARK} def ({MARK}) pop 1 beginbfchar <41> <0041> endbfchar".encode()
    descriptor = _note(Type=pikepdf.Name.FontDescriptor, FontFamily=pikepdf.String(MARK), Flags=32)
    descriptor.FontName, descriptor.CharSet = pikepdf.Name.Helvetica, pikepdf.String(MARK)
    return _note(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Name=pikepdf.Name(f"/{MARK}"),
        ToUnicode=old.make_stream(codes),
        FontDescriptor=descriptor,
    )


WITH_MARK: dict[str, Callable[[Path], bytes]] = {
    "JPEG": lambda _: jpeg(),
    "PNG": lambda _: png(),
    "GIF": lambda _: gif(),
    "WebP": lambda _: webp(),
    "HEIC": lambda _: heic(),
    "AVIF": lambda _: avif(),
    "TIFF": lambda _: tiff(),
    "a scan of pages": lambda _: tiff(pages=3),
    "MP4 with H.264": h264,
    "MP4 with HEVC": hevc,
    "MP4 with AV1": av1,
    "MP4 with MPEG-4": mpeg4,
    "QuickTime's boxes": boxes,
    "a film's colour profile": coloured,
    "Matroska": lambda folder: _film(folder, (*films.BOTH, *films.H264, "-c:a", "libvorbis"), ".mkv"),
    "Matroska with HEVC": lambda folder: hevc(folder, ".mkv"),
    "WebM": lambda folder: _film(folder, (*films.BOTH, "-c:v", "libvpx", "-c:a", "libvorbis"), ".webm"),
    "AVI": lambda folder: _film(folder, films.ANEW["AVI"][0], ".avi"),
    "WMV": lambda folder: _film(folder, films.ANEW["WMV"][0], ".wmv"),
    "Ogg with Vorbis": lambda folder: _film(folder, (*films.SOUND, "-c:a", "libvorbis"), ".ogg"),
    "Ogg with Opus": lambda folder: _film(folder, (*films.SOUND, "-c:a", "libopus"), ".opus"),
    "M4A": lambda folder: _film(folder, (*films.SOUND, *films.AAC), ".m4a"),
    "FLAC": flac,
    "WAV": riff,
    "MP3": mp3,
    "AAC": adts,
    "AMR": lambda _: gallery.amr_film("amr") + _UTF8,
    "PDF": lambda _: pdf(),
}
