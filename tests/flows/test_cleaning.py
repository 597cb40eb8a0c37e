"""Evidence is cleaned in a child process: nothing that tells of the sender stays, and no file can harm or hang us."""

import asyncio
import io
import os
import re
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops

from bot.cleaner.client import CleanCopy, Cleaning
from tests import tools
from tests.fakes import gallery
from tests.fakes.gallery import CANARY, archive, document, moving_picture, picture, planted, recording
from tips.evidence.kinds import KINDS, REASONS, TurnedDown
from tips.evidence.limits import LARGEST

# What a clean copy may still say: how it is coded and how large it is. Everything else is a leak.
CODING = frozenset((Path(__file__).parents[1] / "data" / "coding_tags.txt").read_text("ascii").split())
HARMLESS = {  # names that may stand there with this value only
    "CreateDate": "0000:00:00 00:00:00",
    "ModifyDate": "0000:00:00 00:00:00",
    "TrackCreateDate": "0000:00:00 00:00:00",
    "TrackModifyDate": "0000:00:00 00:00:00",
    "MediaCreateDate": "0000:00:00 00:00:00",
    "MediaModifyDate": "0000:00:00 00:00:00",
    "MediaLanguageCode": "und",
    "Vendor": "ffmpeg",
    "MuxingApp": "Lavf",
    "WritingApp": "Lavf",
    "HandlerVendorID": "Apple",  # written into every MP4, whoever made it
}
LINE = re.compile(r"(?:\[[^]]*\]\s+)?(\S+)\s*:(.*)")
HANDLERS = {"Video Track", "Audio Track", "VideoHandler", "SoundHandler", "Metadata"}
PICTURES = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "BMP")
RECORDINGS = {
    "mp4": {"container": "mp4", "video": "libx264", "audio": "aac"},
    "mov": {"container": "mov", "video": "mpeg4", "audio": "aac"},
    "hevc": {"container": "mp4", "video": "libx265"},
    "mkv": {"container": "matroska", "video": "libx264", "audio": "aac"},
    "webm": {"container": "webm", "video": "libvpx", "audio": "libopus", "rate": 48_000},
    "ogg": {"container": "ogg", "audio": "libopus", "rate": 48_000},
    "mp3": {"container": "mp3", "audio": "libmp3lame"},
    "m4a": {"container": "mp4", "audio": "aac"},
    "wav": {"container": "wav", "audio": "pcm_s16le"},
}
SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "application/pdf": ".pdf"}


def in_memory(data: bytes) -> int:
    fd = os.memfd_create("sent", os.MFD_CLOEXEC)
    with os.fdopen(fd, "wb", closefd=False) as file:
        file.write(data)
    return fd


async def cleaned(data: bytes, cleaning: Cleaning | None = None) -> CleanCopy:
    fd = in_memory(data)
    try:
        return await (cleaning or Cleaning()).clean(fd, len(data))
    finally:
        os.close(fd)


def leaks(data: bytes, mime: str, folder: Path) -> list[str]:
    """What exiftool finds in a file beyond its coding."""
    found = gallery.exiftool(data, SUFFIX.get(mime, f".{mime.rpartition('/')[2]}"), folder)
    lines = [LINE.match(line) or pytest.fail(f"exiftool says {line!r}") for line in found.splitlines()]
    return [line[0] for line in lines if not _is_coding(line[1], line[2].strip())]


def _is_coding(name: str, value: str) -> bool:
    if name.startswith("Handler") and value in HANDLERS:
        return True
    return name in CODING or HARMLESS.get(name) == value


async def assert_nothing_left(data: bytes, folder: Path) -> CleanCopy:
    copy = await cleaned(data)
    left = b"".join(copy.chunks())
    assert CANARY.encode() in data, "nothing was planted: this test would show nothing"
    assert CANARY.encode() not in left
    assert leaks(left, copy.mime, folder) == []
    assert copy.kind == KINDS[copy.mime]
    return copy


@pytest.mark.parametrize("kind", [it for it in PICTURES if it != "BMP"])
async def test_a_picture_keeps_its_pixels_and_nothing_else(kind: str, tmp_path: Path) -> None:
    """Place, time, device and author are planted wherever exiftool can write them."""
    suffix = {"JPEG": ".jpg", "TIFF": ".tif", "HEIF": ".heic"}.get(kind, f".{kind.lower()}")
    await assert_nothing_left(planted(picture(kind), suffix, tmp_path), tmp_path)


async def test_a_moving_picture_keeps_moving(tmp_path: Path) -> None:
    """Every frame is there; the comment is not."""
    copy = await assert_nothing_left(planted(moving_picture(), ".gif", tmp_path), tmp_path)
    with Image.open(os.fdopen(os.dup(copy.fd), "rb")) as seen:
        assert seen.n_frames == 4


async def test_a_picture_stays_upright() -> None:
    """The turn that EXIF asked for is done before EXIF goes."""
    copy = await cleaned(gallery.turned_picture())
    with Image.open(os.fdopen(os.dup(copy.fd), "rb")) as seen:
        assert seen.size == (240, 320)


@pytest.mark.parametrize("kind", RECORDINGS)
async def test_a_recording_keeps_sound_and_picture_and_nothing_else(kind: str, tmp_path: Path) -> None:
    """Titles, places, the phone's name, and the text units inside the coded picture go."""
    data = recording(**RECORDINGS[kind])  # type: ignore[arg-type]
    if kind in {"mp4", "mov", "hevc", "m4a"}:
        data = planted(data, ".mov" if kind == "mov" else ".mp4", tmp_path)
    copy = await assert_nothing_left(data, tmp_path)
    assert b"x264 - core" not in b"".join(copy.chunks())
    assert b"x265" not in b"".join(copy.chunks())


async def test_a_document_keeps_its_pages_and_nothing_that_hangs_on_them(tmp_path: Path) -> None:
    """No author, note, script, attachment; the photo inside lost its EXIF too."""
    copy = await assert_nothing_left(planted(document(pages=3), ".pdf", tmp_path), tmp_path)
    with pikepdf.open(os.fdopen(os.dup(copy.fd), "rb")) as seen:
        assert len(seen.pages) == 3
        assert not {"/OpenAction", "/Names", "/AcroForm", "/Metadata"} & set(seen.Root.keys())
        assert not any("/Annots" in page.obj for page in seen.pages)
        (photo,) = (it.read_raw_bytes() for it in seen.pages[0].Resources.XObject.values())
        assert photo.startswith(b"\xff\xd8")
        assert CANARY.encode() not in photo


def seen_in(copy: CleanCopy) -> Image.Image:
    """The copy as a picture."""
    shown = Image.open(os.fdopen(os.dup(copy.fd), "rb"))
    shown.load()
    return shown


@pytest.mark.parametrize(("bits", "kind"), [(10, "PNG"), (12, "TIFF"), (16, "PNG"), (16, "TIFF")])
async def test_a_grey_of_many_bits_keeps_its_shades(bits: int, kind: str) -> None:
    """Black stays black, white white, and what is between lies between: nothing is cut off at 255."""
    wave = b"".join((x * (2**bits - 1) // 255).to_bytes(2, "little") for _ in range(64) for x in range(256))
    data = io.BytesIO()
    Image.frombytes("I;16", (256, 64), wave).save(data, kind)
    shown = seen_in(await cleaned(data.getvalue())).convert("L")
    for x in (0, 64, 128, 192, 255):
        assert abs(shown.getpixel((x, 32)) - x) < 4  # type: ignore[operator]


async def test_a_scan_of_several_pages_becomes_a_document() -> None:
    """Each page of a TIFF is a page, as it was."""
    pages = [Image.new("RGB", (420, 594), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    data = io.BytesIO()
    pages[0].save(data, "TIFF", save_all=True, append_images=pages[1:])
    copy = await cleaned(data.getvalue())
    assert copy.mime == "application/pdf"
    drawn = await drawn_pages(copy)
    assert [max(range(3), key=page.getpixel((50, 50)).__getitem__) for page in drawn] == [0, 1, 2]


async def drawn_pages(copy: CleanCopy | bytes) -> list[Image.Image]:
    """A document's pages as poppler draws them: neither library that the cleaner uses."""
    words = (tools.path("pdftoppm"), "-r", "36", "-")
    child = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate(b"".join(copy.chunks()) if isinstance(copy, CleanCopy) else copy)
    found, at = [], 0
    while at < len(said):
        picture = Image.open(io.BytesIO(said[at:]))
        picture.load()
        found.append(picture)
        at += len(f"P6\n{picture.width} {picture.height}\n255\n") + 3 * picture.width * picture.height
    return found


async def test_a_frame_that_256_colours_cannot_hold_is_not_lost() -> None:
    """Frames that the writer of GIFs takes for alike come out as they were, in another container."""
    frames = [Image.new("RGBA", (60, 60), (255, 0, 0, 255)), Image.new("RGBA", (60, 60), (255, 0, 0, 255))]
    frames[1].paste((0, 0, 0, 255), (0, 0, 60, 20))
    data = io.BytesIO()
    frames[0].save(data, "PNG", save_all=True, append_images=frames[1:], duration=100, loop=0)
    shown = seen_in(await cleaned(data.getvalue()))
    assert shown.n_frames == 2
    shown.seek(1)
    assert shown.convert("RGB").getpixel((5, 5)) == (0, 0, 0)
    assert shown.convert("RGB").getpixel((5, 50)) == (255, 0, 0)


# --- pages -----------------------------------------------------------------------------------------------------------


def one_page(program: bytes, **resources: object) -> bytes:
    made, data = pikepdf.new(), io.BytesIO()
    page = made.add_blank_page(page_size=(200, 200))
    page.Contents = made.make_stream(program)
    page.Resources = pikepdf.Dictionary(**resources)
    made.save(data)
    return data.getvalue()


DRAWN = {  # programs that draw in ways that a rebuilt page must keep
    "paths and colours": b"1 0 0 rg 20 20 60 60 re f 0 0 1 RG 5 w 100 100 m 150 180 l S 0 1 0 0 k 120 20 50 50 re b",
    "text": b"BT /F 24 Tf 20 120 Td (Tin) Tj 0 -40 Td [(B) -200 (ao)] TJ ET",
    "a picture in the program": b"q 100 0 0 100 50 50 cm BI /W 8 /H 8 /BPC 1 /CS /G /F /AHx ID aa55aa55aa55aa55> EI Q",
    "a clip, a dash, a state": b"q 0 0 100 200 re W n 0.5 g 0 0 200 200 re f Q [6 3] 0 d 4 w 0 150 m 200 150 l S",
}


@pytest.mark.parametrize("name", DRAWN)
async def test_a_page_looks_as_it_did(name: str) -> None:
    """Drawn by a third library, before and after."""
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name("/Helvetica-Bold")
    )
    data = one_page(DRAWN[name], Font=pikepdf.Dictionary(F=font))
    before, after = await drawn_pages(data), await drawn_pages(await cleaned(data))
    assert len(before) == len(after) == 1
    assert before[0].convert("L").getextrema()[0] < 200, "nothing was drawn: this test would show nothing"
    assert ImageChops.difference(before[0], after[0]).convert("L").getextrema()[1] < 16


async def test_a_layer_that_is_off_stays_off() -> None:
    """It is not in the copy at all; the one that is on is."""
    made, data = pikepdf.new(), io.BytesIO()
    page = made.add_blank_page(page_size=(200, 200))
    layers = [made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("x"))) for _ in range(2)]
    page.Resources = pikepdf.Dictionary(Properties=pikepdf.Dictionary(On=layers[0], Off=layers[1]))
    page.Contents = made.make_stream(
        b"/OC /On BDC 1 0 0 rg 0 0 100 200 re f EMC /OC /Off BDC 0 0 1 rg 100 0 100 200 re f EMC"
    )
    made.Root.OCProperties = pikepdf.Dictionary(OCGs=layers, D=pikepdf.Dictionary(OFF=[layers[1]]))
    made.save(data)
    (shown,) = await drawn_pages(await cleaned(data.getvalue()))
    assert shown.getpixel((20, 50)) == (255, 0, 0)
    assert shown.getpixel((80, 50)) == (255, 255, 255)


async def test_what_was_filled_in_is_seen(tmp_path: Path) -> None:
    """A form's answers are drawn onto the page; the fields and whoever filled them in go."""
    made, data = pikepdf.new(), io.BytesIO()
    page = made.add_blank_page(page_size=(200, 200))
    look = made.make_stream(b"0 0 1 rg 0 0 100 100 re f")
    look.Type, look.Subtype, look.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 100, 100]
    field = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, Rect=[0, 0, 100, 100], F=4
    )
    field.T, field.AP = pikepdf.String(CANARY), pikepdf.Dictionary(N=look)
    page.Annots = pikepdf.Array([made.make_indirect(field)])
    made.Root.AcroForm = pikepdf.Dictionary(Fields=[page.Annots[0]])
    made.save(data)
    copy = await assert_nothing_left(data.getvalue(), tmp_path)
    (shown,) = await drawn_pages(copy)
    assert shown.getpixel((20, 80)) == (0, 0, 255)


def test_a_page_that_was_not_drawn_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of its program lost: the two are drawn and compared."""
    from bot.cleaner import documents, pdf_pages

    data = one_page(b"0 0 100 200 re f 100 0 100 200 re f")
    assert documents.ready()(io.BytesIO(data), io.BytesIO()) == "application/pdf"
    whole = pdf_pages.unparsed
    monkeypatch.setattr(pdf_pages, "unparsed", lambda run: whole(run[: len(run) // 2]))
    with pytest.raises(TurnedDown) as turned_down:
        documents.ready()(io.BytesIO(data), io.BytesIO())
    assert turned_down.value.reason == "changed"


async def test_a_document_that_opens_without_a_password_is_taken() -> None:
    """Locked only against change; its doors have to be shut before it is read, and still it is decrypted."""
    data = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as old:
        old.save(data, encryption=pikepdf.Encryption(owner="chủ", user=""))
    assert (await cleaned(data.getvalue())).mime == "application/pdf"


def test_the_check_itself_finds_what_is_left(tmp_path: Path) -> None:
    """A copy that was not stripped is caught, so the tests above can fail."""
    for data, mime in (
        (planted(picture("JPEG"), ".jpg", tmp_path), "image/jpeg"),
        (planted(recording("mp4", video="libx264"), ".mp4", tmp_path), "video/mp4"),
        (planted(document(), ".pdf", tmp_path), "application/pdf"),
    ):
        assert leaks(data, mime, tmp_path), mime


ODD = {  # made when they are needed: some take seconds
    "nothing": (lambda: b"", "empty"),
    "a script in a drawing": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "unknown",
    ),
    "a page that calls itself a picture": (lambda: b"<!doctype html><script>alert(1)</script>", "unknown"),
    "a program": (lambda: b"\x7fELF" + bytes(500), "unknown"),
    "an archive or office file": (lambda: archive(), "office"),
    "a picture cut off": (lambda: picture("JPEG")[:700], "broken"),
    "a recording cut off": (lambda: recording("mp4", video="libx264")[:400], "broken"),
    "a document cut off": (lambda: b"%PDF-1.7\n%%EOF", "broken"),
    "only a beginning": (lambda: b"\xff\xd8\xff\xe0", "broken"),
    "noise behind a beginning": (lambda: b"\x1a\x45\xdf\xa3" + os.urandom(5000), "broken"),
    "a locked document": (lambda: document(password="khoa"), "encrypted"),
    "more pixels than memory": (lambda: picture("PNG", (9000, 9000)), "too_many_pixels"),
    "more pixels than the header's size": (lambda: picture("PNG", (15_000, 15_000)), "too_many_pixels"),
    "a film that never ends": (lambda: recording("mp4", video="libx264", seconds=31 * 60), "too_long"),
    "a flicker of many frames": (lambda: moving_picture(frames=250), "too_long"),
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_file_is_turned_down_with_its_reason(name: str) -> None:
    """A word that the person is told, and never an error."""
    make, reason = ODD[name]
    data = make()
    with pytest.raises(TurnedDown) as turned_down:
        await cleaned(data)
    assert turned_down.value.reason == reason
    assert reason in REASONS


async def test_what_hangs_behind_a_picture_is_gone() -> None:
    """A picture that is an archive as well is only a picture afterwards."""
    copy = await cleaned(picture("JPEG") + archive())
    assert b"PK\x03\x04" not in b"".join(copy.chunks())


async def test_a_file_over_the_limit_is_not_even_looked_at() -> None:
    """The size decides before a child is started."""
    with pytest.raises(TurnedDown) as turned_down:
        await Cleaning().clean(-1, LARGEST + 1)
    assert turned_down.value.reason == "too_large"


async def test_a_child_that_dies_or_hangs_spoils_only_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed: broken. Too slow: too heavy. The next file goes through."""
    with pytest.raises(TurnedDown) as turned_down:
        await cleaned(picture("JPEG"), Cleaning(patience=0.001))
    assert turned_down.value.reason == "too_heavy"
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(TurnedDown) as turned_down:
        await cleaned(picture("JPEG"))
    assert turned_down.value.reason == "broken"
    monkeypatch.undo()
    assert (await cleaned(picture("JPEG"))).kind == "image"


CONFINED = """
import json, os, socket, sys
from bot.cleaner import sandbox
kept = sandbox.alone(int(sys.argv[1]), int(sys.argv[2]))
sandbox.confine(1)
found = {"interfaces": [name for _, name in socket.if_nameindex()], "secrets": sorted(os.environ)}
sandbox.close()
for name, attempt in {
    "socket": lambda: socket.socket(),
    "file": lambda: open("/etc/hostname"),
    "memory": lambda: bytearray(600 * 1024 * 1024),
    "output": lambda: os.pwrite(4, b"x", 40 * 1024 * 1024),
}.items():
    try:
        attempt()
        found[name] = "allowed"
    except BaseException as error:
        found[name] = type(error).__name__
print(json.dumps(found))
"""


async def test_the_child_can_open_nothing_and_reach_nobody() -> None:
    """No file, no socket, no more memory, no longer output, and no setting of ours in its environment."""
    import json

    one, other = in_memory(b"x"), in_memory(b"")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", CONFINED, str(one), str(other)),
        pass_fds=(one, other),
        stdout=asyncio.subprocess.PIPE,
        env={},
    )
    said, _ = await child.communicate()
    found = json.loads(said)
    assert {name: found[name] for name in ("socket", "file", "output")} == dict.fromkeys(
        ("socket", "file", "output"), "OSError"
    )
    assert found["memory"] == "MemoryError"
    assert set(found["secrets"]) <= {"LC_CTYPE"}
    if os.getuid() == 0:  # elsewhere it depends on whether this system lets people make name spaces
        assert found["interfaces"] in ([], ["lo"])


MEASURED = """
import asyncio, os, resource, sys
from bot.cleaner.client import Cleaning
fd = os.memfd_create("sent")
with open(sys.argv[1], "rb") as source:
    while piece := source.read(65536):
        os.write(fd, piece)
size = os.fstat(fd).st_size
async def main():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    copy = await Cleaning().clean(fd, size)
    total = sum(len(piece) for piece in copy.chunks())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, total)
asyncio.run(main())
"""


async def test_the_serving_process_hardly_grows_for_a_large_file(tmp_path: Path) -> None:
    """20 MB are cleaned, and less than 10 MB more are ever in the parent's memory."""
    large = tmp_path / "large.wav"
    large.write_bytes(recording("wav", audio="pcm_s16le", seconds=600))
    assert large.stat().st_size > 18_000_000
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MEASURED, str(large), stdout=asyncio.subprocess.PIPE, cwd=Path.cwd()
    )
    said, _ = await child.communicate()
    grown, total = (int(word) for word in said.split())
    assert total > 18_000_000
    assert grown < 10_000  # KiB


async def test_nothing_is_written_into_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child has no folder for temporary files, and leaves none in ours."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for data in (picture("HEIF"), recording("mp4", video="libx264", audio="aac"), document(pages=20)):
        (await cleaned(data)).close()
    assert await asyncio.to_thread(os.listdir, tmp_path) == []
