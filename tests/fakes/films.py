"""Films and sound as cameras and messengers make them, by Debian's ffmpeg; it also judges what became of them.

Not the library that the cleaner uses: a test in which one library writes, cleans and reads shows only that it agrees
with itself.
"""

import re
import struct
import subprocess
from pathlib import Path

from tests import tools

PICTURES = ("-f", "lavfi", "-i", "testsrc2=size=176x144:rate=25:duration=3")
SOUND = ("-f", "lavfi", "-i", "sine=440:duration=3")
BOTH = (*PICTURES, *SOUND)
_X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params")
HEVC = (*_X265, "log-level=none:bframes=4:b-adapt=0:open-gop=1:keyint=20:min-keyint=20")
HEVC_ONE_KEY = (*_X265, "log-level=none:bframes=3:b-adapt=0:keyint=1000")
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-b_strategy", "0", "-g", "20")
AAC = ("-c:a", "aac")
COPIED = {  # what goes over packet by packet: every picture must come out as it was, to the last bit
    "an iPhone's film": ((*BOTH, *HEVC, *AAC, "-tag:v", "hvc1"), ".mp4"),
    "an iPhone's film as it calls it": ((*BOTH, *HEVC, *AAC, "-tag:v", "hvc1"), ".mov"),
    "parameter sets among the pictures": ((*BOTH, *HEVC, *AAC, "-tag:v", "hev1"), ".mp4"),
    "ten bits a colour": ((*PICTURES, "-pix_fmt", "yuv420p10le", *HEVC, "-tag:v", "hvc1"), ".mp4"),
    "one key picture": ((*PICTURES, *HEVC_ONE_KEY, "-tag:v", "hvc1"), ".mp4"),
    "HEVC in Matroska": ((*BOTH, *HEVC, *AAC), ".mkv"),
    "H.264 with pictures out of order": ((*BOTH, *H264, *AAC), ".mp4"),
    "H.264 with pictures out of order in Matroska": ((*BOTH, *H264, *AAC), ".mkv"),
    "a refresh that wanders": ((*PICTURES, "-c:v", "libx264", "-x264-params", "intra-refresh=1:keyint=20"), ".mp4"),
    "AV1": ((*BOTH, "-c:v", "libsvtav1", "-preset", "12", "-c:a", "libopus"), ".mp4"),
    "AV1 in Matroska": ((*PICTURES, "-c:v", "libsvtav1", "-preset", "12"), ".mkv"),
    "MPEG-4 of an old phone": ((*BOTH, "-c:v", "mpeg4", "-bf", "2", *AAC), ".3gp"),
    "VP9": ((*BOTH, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"), ".webm"),
}
ANEW = {  # what is decoded and coded again
    "H.263": ((*PICTURES, "-c:v", "h263"), ".3gp"),
    "AVI": ((*BOTH, "-c:v", "mpeg4", "-bf", "0", "-c:a", "libmp3lame"), ".avi"),
    "AVI of a camera": ((*BOTH, "-c:v", "mjpeg", "-c:a", "pcm_s16le"), ".avi"),
    "H.264 in AVI": ((*BOTH, *H264, *AAC), ".avi"),
    "WMV": ((*BOTH, "-c:v", "wmv2", "-c:a", "wmav2"), ".wmv"),
    "Theora": ((*BOTH, "-c:v", "libtheora", "-c:a", "libvorbis"), ".ogv"),
}
SOUNDS = {  # suffix of a kind of sound -> how it is made
    "MP3": ((*SOUND, "-c:a", "libmp3lame"), ".mp3"),
    "MPEG-2.5": ((*SOUND, "-c:a", "libmp3lame", "-ar", "8000"), ".mp3"),
    "layer II": ((*SOUND, "-c:a", "mp2"), ".mp2"),
    "AAC": ((*SOUND, *AAC), ".aac"),
    "FLAC": ((*SOUND,), ".flac"),
    "Apple's lossless": ((*SOUND, "-c:a", "alac"), ".m4a"),
    "Vorbis": ((*SOUND, "-c:a", "libvorbis"), ".ogg"),
    "Vorbis in Matroska": ((*SOUND, "-c:a", "libvorbis"), ".mka"),
    "Opus": ((*SOUND, "-c:a", "libopus"), ".opus"),
    "Speex": ((*SOUND, "-ar", "16000", "-c:a", "libspeex"), ".spx"),
    "WMA": ((*SOUND, "-c:a", "wmav2"), ".wma"),
    "24 bits": ((*SOUND, "-c:a", "pcm_s24le"), ".wav"),
    "ADPCM": ((*SOUND, "-c:a", "adpcm_ima_wav"), ".wav"),
}


def made(folder: Path, words: tuple[str, ...], suffix: str) -> bytes:
    """A file by ffmpeg's words."""
    path = folder / f"made{suffix}"
    _run(*words, str(path))
    return path.read_bytes()


def again(folder: Path, data: bytes, suffix: str, *words: str, before: tuple[str, ...] = ()) -> bytes:
    """A file put into a container anew, its packets as they are."""
    path, other = folder / f"before{suffix}", folder / f"after{suffix}"
    path.write_bytes(data)
    _run(*before, "-i", str(path), "-c", "copy", *words, str(other))
    return other.read_bytes()


def pictures(folder: Path, data: bytes, suffix: str = "") -> list[str]:
    """A check sum of each picture as it is shown, upright."""
    path = folder / f"judged{suffix}"
    path.write_bytes(data)
    said = _run("-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line.rpartition(",")[2].strip() for line in said.decode().splitlines() if not line.startswith("#")]


def seconds(folder: Path, data: bytes) -> float:
    """How long there is something to hear."""
    path = folder / "heard"
    path.write_bytes(data)
    samples = _run("-i", str(path), "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-")
    loud = struct.unpack(f"<{len(samples) // 2}h", samples)
    return sum(abs(it) > 200 for it in loud) / 8000


def likeness(folder: Path, one: bytes, two: bytes) -> float:
    """How alike two films look, up to 1 (SSIM)."""
    for name, data in (("one", one), ("two", two)):
        (folder / name).write_bytes(data)
    words = (
        "-i",
        str(folder / "one"),
        "-i",
        str(folder / "two"),
        "-lavfi",
        "[0]settb=1/25,setpts=N[a];[1]settb=1/25,setpts=N[b];[a][b]ssim",
        "-f",
        "null",
        "-",
    )
    done = subprocess.run([tools.path("ffmpeg"), *words], capture_output=True, check=True)
    found = re.search(rb"All:([0-9.]+)", done.stderr)
    assert found
    return float(found[1])


def _run(*words: str) -> bytes:
    done = subprocess.run([tools.path("ffmpeg"), "-v", "error", "-y", *words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
