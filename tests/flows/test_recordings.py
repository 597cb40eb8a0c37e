"""Films and sound come through: what the cleaner made is decoded by another implementation than its own."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cleaner import bitstreams, recordings, transcoding
from bot.cleaner.client import Cleaning
from tests.fakes import films
from tests.flows.test_cleaning import cleaned
from tips.evidence import limits
from tips.evidence.kinds import TurnedDown


async def clean_bytes(data: bytes) -> bytes:
    copy = await cleaned(data)
    try:
        return b"".join(copy.chunks())
    finally:
        copy.close()


@pytest.mark.parametrize("name", films.COPIED)
async def test_every_picture_of_a_copied_film_is_there_to_the_last_bit(name: str, tmp_path: Path) -> None:
    """Whoever filmed it, whatever the order of its pictures."""
    data = films.made(tmp_path, *films.COPIED[name])
    copy = await clean_bytes(data)
    wanted = films.pictures(tmp_path, data)
    assert len(wanted) == 75
    assert films.pictures(tmp_path, copy) == wanted
    if films.SOUND[-1] in films.COPIED[name][0]:
        assert films.seconds(tmp_path, copy) == pytest.approx(films.seconds(tmp_path, data), abs=0.1)


@pytest.mark.parametrize("name", films.ANEW)
async def test_a_film_that_is_coded_anew_shows_every_picture(name: str, tmp_path: Path) -> None:
    """As many, as large, as long, and alike."""
    data = films.made(tmp_path, *films.ANEW[name])
    copy = await clean_bytes(data)
    assert len(films.pictures(tmp_path, copy)) == len(films.pictures(tmp_path, data))
    assert films.likeness(tmp_path, data, copy) > 0.85
    if films.SOUND[-1] in films.ANEW[name][0]:
        assert films.seconds(tmp_path, copy) == pytest.approx(films.seconds(tmp_path, data), abs=0.15)


@pytest.mark.parametrize("name", films.SOUNDS)
async def test_sound_of_any_kind_comes_through(name: str, tmp_path: Path) -> None:
    """As long as it was, and not silent."""
    data = films.made(tmp_path, *films.SOUNDS[name])
    copy = await clean_bytes(data)
    assert films.seconds(tmp_path, data) > 2
    assert films.seconds(tmp_path, copy) == pytest.approx(films.seconds(tmp_path, data), abs=0.3)


async def test_a_film_of_an_old_phone_keeps_its_voice(tmp_path: Path) -> None:
    """AMR cannot stand in the new container, so it is coded anew; the pictures are copied."""
    from tests.fakes.gallery import amr_film

    for container in ("3gp", "amr"):
        data = amr_film(container)
        copy = await clean_bytes(data)
        assert films.seconds(tmp_path, copy) == pytest.approx(films.seconds(tmp_path, data), abs=0.2)
        if container == "3gp":
            assert films.pictures(tmp_path, copy) == films.pictures(tmp_path, data)


@pytest.mark.parametrize("video", [films.HEVC, films.H264])
async def test_a_film_stays_upright(video: tuple[str, ...], tmp_path: Path) -> None:
    """The turn stands in the container, and goes over."""
    data = films.made(tmp_path, (*films.PICTURES, *video), ".mp4")
    turned = films.again(tmp_path, data, ".mp4", "-metadata:s:v", "rotate=90")
    assert films.pictures(tmp_path, turned) != films.pictures(tmp_path, data)
    assert films.pictures(tmp_path, await clean_bytes(turned)) == films.pictures(tmp_path, turned)


async def test_a_turned_film_that_is_coded_anew_is_turned_before(tmp_path: Path) -> None:
    """Players of the new container know of no turn."""
    data = films.made(tmp_path, (*films.PICTURES, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"), ".mov")
    turned = films.again(tmp_path, data, ".mov", "-metadata:s:v", "rotate=90")
    assert films.likeness(tmp_path, turned, await clean_bytes(turned)) > 0.85


async def test_a_film_that_was_cut_on_the_phone_stays_cut(tmp_path: Path) -> None:
    """An edit list says from where on it is seen; what stands behind the end is not even in the copy."""
    whole = films.made(tmp_path, (*films.BOTH, *films.H264, *films.AAC), ".mp4")
    cut = films.again(tmp_path, whole, ".mp4", before=("-ss", "1.1"))
    wanted = films.pictures(tmp_path, cut)
    assert 30 < len(wanted) < 75
    copy = await clean_bytes(cut)
    assert films.pictures(tmp_path, copy) == wanted
    assert films.seconds(tmp_path, copy) == pytest.approx(films.seconds(tmp_path, cut), abs=0.1)


async def test_old_quicktime_without_a_first_box_is_taken(tmp_path: Path) -> None:
    """It starts with whatever box came first."""
    data = films.made(tmp_path, (*films.PICTURES, *films.H264), ".mov")
    copy = await clean_bytes(data[:4] + b"free" + data[8:])
    assert films.pictures(tmp_path, copy) == films.pictures(tmp_path, data)


async def test_a_film_that_was_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    """A phone that was snatched while it filmed: Matroska is readable up to there."""
    data = films.made(tmp_path, (*films.BOTH, *films.H264, *films.AAC), ".mkv")
    data = data[: len(data) * 2 // 3]
    assert films.pictures(tmp_path, await clean_bytes(data)) == films.pictures(tmp_path, data)


async def test_titles_before_raw_sound_are_passed_over(tmp_path: Path) -> None:
    """ID3 before AAC is AAC, and longer titles than any first bytes."""
    data = films.made(tmp_path, *films.SOUNDS["AAC"])
    title = b"ID3\x04\0\0\0\0\x10\0" + b"CANARY" + bytes(2042)
    copy = await cleaned(title + title + data)
    assert copy.mime == "audio/aac"
    assert b"".join(copy.chunks()) == data


# --- a copy is looked at ---------------------------------------------------------------------------------------------


def clean_here(data: bytes, family: str, folder: Path) -> str:
    """The cleaner's own work, in this process, so that it can be spoilt."""
    (folder / "in").write_bytes(data)
    with (folder / "in").open("rb") as source, (folder / "out").open("w+b") as target:
        return recordings.ready(family)(source, target)


def spoilt(way: Callable[[bytes], bytes]) -> Callable[[str, bytes | None], bitstreams.Coding]:
    whole = bitstreams.without_words

    def worse(codec: str, header: bytes | None) -> bitstreams.Coding:
        coding = whole(codec, header)
        return coding._replace(packet=lambda packet: way(coding.packet(packet)))

    return worse


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "start codes where lengths belong": lambda it: b"\0\0\0\x01" + it[4:],
    "half of each packet": lambda it: it[: len(it) // 2],
    "noise": lambda it: os.urandom(len(it)),
}


@pytest.mark.parametrize("way", SPOILT)
def test_a_copy_that_shows_something_else_is_made_again(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its pictures then, in the container that takes these."""
    data = films.made(tmp_path, (*films.PICTURES, *films.HEVC), ".mp4")
    assert clean_here(data, "mp4", tmp_path) == "video/mp4"
    monkeypatch.setattr(bitstreams, "without_words", spoilt(SPOILT[way]))
    assert clean_here(data, "mp4", tmp_path) == "video/webm"
    assert films.likeness(tmp_path, data, (tmp_path / "out").read_bytes()) > 0.85


def test_a_long_film_is_compared_at_its_keys_and_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spoilt end is seen though the middle is not looked at."""
    monkeypatch.setattr("bot.cleaner.comparison.WHOLE", 1)
    data = films.made(tmp_path, (*films.PICTURES, *films.HEVC), ".mp4")
    assert clean_here(data, "mp4", tmp_path) == "video/mp4"
    count = iter(range(75))
    monkeypatch.setattr(
        bitstreams, "without_words", spoilt(lambda it: it if next(count) < 70 else it[:5] + bytes(len(it) - 5))
    )
    assert clean_here(data, "mp4", tmp_path) == "video/webm"


def test_what_differs_however_it_is_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the truth: the file is not damaged, the copy is none."""
    data = films.made(tmp_path, *films.ANEW["H.263"])
    whole = transcoding.thumbnail
    monkeypatch.setattr(transcoding, "thumbnail", lambda frame: bytes(255 - it for it in whole(frame)))
    with pytest.raises(TurnedDown) as turned_down:
        clean_here(data, "mp4", tmp_path)
    assert turned_down.value.reason == "changed"


def test_sound_that_lost_its_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the frames is not the recording."""
    data = films.made(tmp_path, *films.SOUNDS["MP3"])
    whole = bitstreams.frames
    monkeypatch.setattr(bitstreams, "frames", lambda *given: list(whole(*given))[:50])
    with pytest.raises(TurnedDown) as turned_down:
        clean_here(data, "mp3", tmp_path)
    assert turned_down.value.reason == "changed"


async def test_a_child_that_worked_too_long_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor's time is over: too heavy, not damaged."""
    import sys

    endless = tmp_path / "endless"
    endless.write_text("#!/bin/sh\nulimit -t 1\nwhile :; do :; done\n")
    endless.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(endless))
    with pytest.raises(TurnedDown) as turned_down:
        await cleaned(films.made(tmp_path, *films.SOUNDS["AAC"]), Cleaning())
    assert turned_down.value.reason == "too_heavy"


def test_a_longer_file_may_be_worked_at_for_longer() -> None:
    """30 seconds for the smallest, two minutes for the largest."""
    assert limits.work(1) == 30
    assert limits.work(limits.LARGEST) == 120


@pytest.mark.parametrize("shown", [[0, 3, 1, 2, 6, 4, 5], [0, 1, 2, 3], [0, 8, 4, 2, 6, 16, 12, 10, 14], [5]])
def test_pictures_are_decoded_in_time_to_be_shown(shown: list[int]) -> None:
    """Times to decode rise, and none is later than the time to be shown."""
    found = recordings.decode_times(shown)
    assert found == sorted(set(found))
    assert all(one <= two for one, two in zip(found, shown, strict=True))


def test_noise_is_no_coding() -> None:
    """Whatever is handed in, it is either bytes or the one error that the cleaner knows."""
    source = io.BytesIO(os.urandom(60_000))
    while piece := source.read(300):
        for codec in ("h264", "hevc", "av1", "vorbis", "mpeg4"):
            try:
                assert isinstance(bitstreams.without_words(codec, piece).packet(piece), bytes)
            except (ValueError, IndexError):
                continue
