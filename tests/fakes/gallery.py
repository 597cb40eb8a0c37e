"""Odd files, made anew for each test: what people send, and what attackers would."""

import io
import shutil
import subprocess
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import pikepdf
import pillow_heif
from PIL import Image

CANARY = "CANARY-Nguyen-Van-Kin"
PLANTED = (
    *(f"-{name}={CANARY}" for name in ("Artist", "Copyright", "Make", "Model", "Software", "UserComment", "Title")),
    *(f"-XMP:{name}={CANARY}" for name in ("Creator", "Description", "City")),
    *(f"-IPTC:{name}={CANARY}" for name in ("By-line", "City", "Keywords")),
    *("-GPSLatitude=10.7769", "-GPSLatitudeRef=N", "-GPSLongitude=106.7009", "-GPSLongitudeRef=E"),
    *("-XMP:GPSLatitude=10.7769", "-XMP:GPSLongitude=106.7009", "-DateTimeOriginal=2026:11:20 21:15:00"),
    *(f"-Comment={CANARY}", f"-Keys:Author={CANARY}", f"-UserData:Author={CANARY}", f"-ItemList:Comment={CANARY}"),
    *("-Keys:GPSCoordinates=10.7769, 106.7009, 5", "-UserData:GPSCoordinates=10.7769, 106.7009, 5"),
    *(f"-PDF:{name}={CANARY}" for name in ("Author", "Creator", "Producer", "Keywords")),
)


def planted(data: bytes, suffix: str, folder: Path) -> bytes:
    """The same file with whatever exiftool can write into it."""
    path = folder / f"planted{suffix}"
    path.write_bytes(data)
    subprocess.run(["exiftool", "-q", "-q", "-m", "-overwrite_original", *PLANTED, str(path)], check=False)
    return path.read_bytes()


def picture(kind: str, size: tuple[int, int] = (320, 240), **options: object) -> bytes:
    """A picture of a kind that Pillow writes."""
    pillow_heif.register_heif_opener()
    made, data = Image.new("RGB", size, (180, 40, 40)), io.BytesIO()
    for x in range(0, min(size), 10):
        made.putpixel((x, x), (0, 0, 0))
    made.save(data, kind, **options)
    return data.getvalue()


def turned_picture() -> bytes:
    """A picture that a phone held upright: 320 wide as stored, 240 wide as seen."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture("JPEG", exif=exif)


def moving_picture(frames: int = 4) -> bytes:
    """An animated GIF with a comment."""
    colours = [Image.new("RGB", (64, 48), (40 * n % 255, 0, 0)) for n in range(frames)]
    data = io.BytesIO()
    colours[0].save(data, "GIF", save_all=True, append_images=colours[1:], duration=80, comment=CANARY.encode())
    return data.getvalue()


def recording(container: str, *, video: str = "", audio: str = "", seconds: float = 1.0, rate: int = 16_000) -> bytes:
    """A recording: a grey picture, or silence, or both, with a name in every place for one."""
    data = io.BytesIO()
    with av.open(data, "w", format=container) as file:
        for name in ("title", "artist", "comment", "location", "encoder"):
            file.metadata[name] = CANARY
        if video:
            pictures = file.add_stream(video, rate=10)
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
            pictures.codec_context.time_base = Fraction(1, 10)
        if audio:
            sound = file.add_stream(audio, rate=rate)
            sound.layout = "mono"
        for stream in file.streams:
            stream.metadata["title"] = CANARY
        if video:
            _write_video(file, pictures, seconds)
        if audio:
            _write_audio(file, sound, seconds, rate)
    return data.getvalue()


def _write_video(file: av.container.OutputContainer, stream: av.VideoStream, seconds: float) -> None:
    for number in range(int(seconds * 10)):
        frame = av.VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([100 + number % 100]) * plane.buffer_size)
        frame.pts, frame.time_base = number, Fraction(1, 10)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def _write_audio(file: av.container.OutputContainer, stream: av.AudioStream, seconds: float, rate: int) -> None:
    step = stream.codec_context.frame_size or 1024
    wanted = stream.codec_context.format.name
    resampler = av.AudioResampler(format=wanted, layout="mono", rate=rate, frame_size=step)
    for number in range(int(seconds * rate / 1600)):
        frame = av.AudioFrame("s16", "mono", 1600)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = rate, number * 1600, Fraction(1, rate)
        for ready in resampler.resample(frame):
            file.mux(stream.encode(ready))
    for ready in resampler.resample(None):
        file.mux(stream.encode(ready))
    file.mux(stream.encode(None))


def amr_film(container: str) -> bytes:
    """What phones recorded in 2005: AMR alone, or beside a picture in a 3gp."""
    data = io.BytesIO()
    with av.open(data, "w", format=container) as file:
        if container == "3gp":
            pictures = file.add_stream("mpeg4", rate=10)
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
            pictures.codec_context.time_base = Fraction(1, 10)
        sound = file.add_stream("libopencore_amrnb", rate=8000)
        sound.layout, sound.bit_rate = "mono", 12_200
        if container == "3gp":
            _write_video(file, pictures, 2)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=8000, frame_size=160)
        for number in range(10):
            frame = av.AudioFrame("s16", "mono", 1600)
            wave = b"".join((8000 * (at // 10 % 2 * 2 - 1)).to_bytes(2, "little", signed=True) for at in range(1600))
            frame.planes[0].update(wave)
            frame.sample_rate, frame.pts, frame.time_base = 8000, number * 1600, Fraction(1, 8000)
            for ready in resampler.resample(frame):
                file.mux(sound.encode(ready))
        file.mux(sound.encode(None))
    return data.getvalue()


def document(*, password: str = "", pages: int = 1) -> bytes:
    """A PDF with a script, an attachment, a note by somebody, a photo with its EXIF, and a name everywhere."""
    made, data = pikepdf.new(), io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = CANARY
    photo = made.make_stream(picture("JPEG", exif=exif, comment=CANARY.encode()))
    _describe(photo)
    for _ in range(pages):
        page = made.add_blank_page(page_size=(300, 300))
        page.Contents = made.make_stream(b"q 300 0 0 225 0 0 cm /Photo Do Q")
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Photo=photo))
        page.PieceInfo = pikepdf.Dictionary(Maker=pikepdf.Dictionary(Private=pikepdf.String(CANARY)))
        note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9])
        note.T = note.Contents = pikepdf.String(CANARY)
        page.Annots = made.make_indirect(pikepdf.Array([note]))
    made.docinfo["/Author"] = CANARY
    with made.open_metadata() as metadata:
        metadata["dc:creator"] = [CANARY]
    made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(f"app.alert('{CANARY}')"))
    made.attachments["names.txt"] = CANARY.encode()
    encryption = pikepdf.Encryption(owner=password, user=password) if password else False
    made.save(data, encryption=encryption)
    return data.getvalue()


def _describe(photo: pikepdf.Stream) -> None:
    photo.Type, photo.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    photo.Width, photo.Height, photo.BitsPerComponent = 320, 240, 8
    photo.ColorSpace, photo.Filter = pikepdf.Name.DeviceRGB, pikepdf.Name.DCTDecode


def archive() -> bytes:
    """A zip of a megabyte of zeros: an office file to look at, and a small bomb."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", CANARY)
        made.writestr("word/document.xml", bytes(1_000_000))
    return data.getvalue()


def exiftool(data: bytes, suffix: str, folder: Path) -> str:
    """Everything that exiftool finds in a file, as text."""
    path = folder / f"clean{suffix}"
    path.write_bytes(data)
    done = subprocess.run(
        ["exiftool", "-a", "-G1", "-s", "-u", "-ee", "--System:all", "--Composite:all", "--ExifTool:all", str(path)],
        capture_output=True,
        errors="replace",
        check=False,
    )
    return done.stdout


def have_exiftool() -> bool:
    """Whether this machine has it; `make setup-test` brings it."""
    return shutil.which("exiftool") is not None
