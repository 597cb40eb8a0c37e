"""Settings, read once from a mapping given in (the environment, outside the tests)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tips import errors
from tips.cases import deadlines
from tips.merkle import notes
from tips.organisation import templates
from tips.statistics import suppression

SECRET: Final = (  # settings that may stand in a file
    "TINBAO_DATABASE_URL",
    "TINBAO_DRAFTS_URL",
    "TINBAO_TELEGRAM_TOKEN",
    "TINBAO_OFFICERS_TOKEN",
    "TINBAO_ZALO_TOKEN",
    "TINBAO_ZALO_OA_APP_SECRET",
    "TINBAO_ZALO_OA_SECRET",
    "TINBAO_ZALO_OA_REFRESH",
)
DATABASES: Final = ("postgresql+psycopg://", "sqlite+aiosqlite:///")
DEFAULT_LISTEN: Final = "127.0.0.1:8138"
TELEGRAM_API: Final = "https://api.telegram.org"
ZALO_API: Final = "https://bot-api.zaloplatforms.com"
ZALO_OA_API: Final = "https://openapi.zalo.me"
ZALO_OA_OAUTH: Final = "https://oauth.zaloapp.com"
MIN_WEBHOOK_SECRET: Final = 16
LEAST: Final = 5  # tips
MOST_HIDDEN: Final = 100
MOST_WITNESSES: Final = 16
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_PART: Final = re.compile(r"(\d{1,6})([wdhms])")
_SPAN: Final = re.compile(rf"([+-])(?:{_PART.pattern})+")


FARTHEST: Final = timedelta(days=36_525)


@dataclass(frozen=True, slots=True)
class Moved:
    """The time that a trial home believes: so long after the machine's, or a moment from which it goes on."""

    by: timedelta = timedelta(0)
    start: datetime | None = None  # None: the machine's present

    def __str__(self) -> str:
        return str(self.start.isoformat() if self.start else self.by)

    def clock(self, machine: Callable[[], datetime]) -> Callable[[], datetime]:
        """The machine's clock, moved; a moment is believed at the first look, and time goes on from there."""
        span = self.start - machine() if self.start else self.by
        return lambda: machine() + span


@dataclass(frozen=True, slots=True)
class ZaloAccount:
    """An Official Account of Zalo: its app, and how it is reached."""

    app_id: str
    app_secret: str = field(repr=False)  # with it tokens are renewed
    secret: str = field(repr=False)  # with it Zalo signs what it brings
    refresh: str = field(repr=False)  # the first refresh token; those after it are kept in TINBAO_SECRETS
    api: str = ZALO_OA_API
    oauth: str = ZALO_OA_OAUTH
    hours: tuple[int, int] = (6, 22)  # of the city's day, in which somebody may be written to unasked: from, until


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and which channels are open. Secrets do not show in its repr."""

    home: Path
    run: Path | None  # None: the default place on tmpfs
    secrets: Path
    database_url: str = field(repr=False)
    drafts_url: str = field(repr=False)  # "": beside the tips
    processes: int  # that take turns side by side
    host: str
    port: int
    public_url: str
    organisation: str  # what a new home is founded from: the name of one that ships, or a file
    operator: str  # who runs the intake machine, as people are told; "": nobody says
    telegram_token: str = field(repr=False)
    telegram_api: str = TELEGRAM_API
    telegram_webhook: bool = False
    telegram_name: str = ""  # the citizens' bot's name, for posters; "": it is not on them
    zalo_link: str = ""  # the address at which people find it on Zalo, for posters
    officers_token: str = field(default="", repr=False)
    zalo_token: str = field(default="", repr=False)
    zalo_api: str = ZALO_API
    zalo_webhook: bool = False
    zalo_account: ZaloAccount | None = None
    backups: Path | None = None  # where the clock puts a backup each night; None: it makes none
    least: int = LEAST  # counts below it are hidden wherever figures are published
    witnesses: tuple[notes.Key, ...] = ()  # whose cosignatures of the log's heads are taken
    metrics: tuple[str, int] | None = None  # where monitoring asks; None: nowhere
    json_logs: bool = False  # each line of the log is an object
    credentials: Path | None = None  # where a service manager puts keys that it hands over
    demo: bool = False
    moved: Moved | None = None  # None: the machine's own time


def read(environment: Mapping[str, str], *, demo: bool = False) -> Settings:
    """The settings of an environment. A secret one may stand in a file, which `NAME_FILE` names.

    Raises:
        BadSetting: one of them cannot be; the message says which and what to write.
    """
    environment = _with_files(environment)
    home = Path(environment.get("TINBAO_HOME", "home")).absolute()
    secrets = Path(environment.get("TINBAO_SECRETS", f"{home}-secrets")).absolute()
    if secrets == home or home in secrets.parents:
        raise errors.BadSetting("TINBAO_SECRETS must lie outside TINBAO_HOME")
    host, port = _listen(environment.get("TINBAO_LISTEN", DEFAULT_LISTEN), "TINBAO_LISTEN")
    run = environment.get("TINBAO_RUN")
    return Settings(
        home=home,
        run=Path(run).absolute() if run else None,
        secrets=secrets,
        database_url=_address(environment, "TINBAO_DATABASE_URL", DATABASES)
        or f"sqlite+aiosqlite:///{home / 'tinbao.db'}",
        drafts_url=_address(environment, "TINBAO_DRAFTS_URL", ("valkey://", "valkeys://", "unix://")),
        processes=_count(environment, "TINBAO_PROCESSES"),
        host=host,
        port=port,
        public_url=environment.get("TINBAO_PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        organisation=_organisation(environment.get("TINBAO_ORG", templates.DEFAULT)),
        operator=environment.get("TINBAO_OPERATOR", ""),
        telegram_token=_token(environment, "TINBAO_TELEGRAM_TOKEN"),
        telegram_api=environment.get("TINBAO_TELEGRAM_API", TELEGRAM_API).rstrip("/"),
        telegram_webhook=environment.get("TINBAO_TELEGRAM_WEBHOOK", "") == "1",
        telegram_name=_name(environment, "TINBAO_TELEGRAM_NAME"),
        zalo_link=_address(environment, "TINBAO_ZALO_LINK", ("https://",)),
        officers_token=_token(environment, "TINBAO_OFFICERS_TOKEN"),
        zalo_token=_token(environment, "TINBAO_ZALO_TOKEN"),
        zalo_api=_server(environment, "TINBAO_ZALO_API", ZALO_API),
        zalo_webhook=environment.get("TINBAO_ZALO_WEBHOOK", "") == "1",
        zalo_account=_zalo_account(environment),
        backups=_backups(environment, home, secrets),
        least=_least(environment),
        witnesses=_witnesses(environment),
        metrics=_metrics(environment.get("TINBAO_METRICS", "")),
        json_logs=environment.get("TINBAO_LOGS", "") == "json",
        credentials=_credentials(environment),
        demo=demo,
        moved=_moved(environment.get("TINBAO_NOW", "")),
    )


def _with_files(environment: Mapping[str, str]) -> Mapping[str, str]:
    """The settings with what lies in files that they name."""
    found = dict(environment)
    for name in SECRET:
        if not (file := environment.get(f"{name}_FILE", "")):
            continue
        if environment.get(name):
            raise errors.BadSetting(f"{name} and {name}_FILE are both set: leave one out")
        try:
            found[name] = Path(file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise errors.BadSetting(f"{name}_FILE names a file that cannot be read") from error
        if not found[name] or len(found[name].splitlines()) > 1:
            raise errors.BadSetting(f"{name}_FILE names a file that is not one line")
    return found


def _credentials(environment: Mapping[str, str]) -> Path | None:
    """What systemd calls `$CREDENTIALS_DIRECTORY`."""
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    return Path(folder) if folder else None


def _organisation(value: str) -> str:
    if value not in templates.names() and not Path(value).is_file():
        templates.newest(value)  # says which there are
    return value


def _listen(value: str, name: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise errors.BadSetting(f"{name} must be HOST:PORT, for example {DEFAULT_LISTEN}")
    return host, int(port)


def _metrics(value: str) -> tuple[str, int] | None:
    if not value:
        return None
    place = _listen(value, "TINBAO_METRICS")
    if place[0] not in LOOPBACK:
        raise errors.BadSetting("TINBAO_METRICS asks nobody who they are: give it an address of this machine alone")
    return place


def _backups(environment: Mapping[str, str], home: Path, secrets: Path) -> Path | None:
    value = environment.get("TINBAO_BACKUPS", "")
    if not value:
        return None
    folder = Path(value).absolute()
    if any(it == folder or it in folder.parents for it in (home, secrets)):
        raise errors.BadSetting("TINBAO_BACKUPS must lie outside TINBAO_HOME and TINBAO_SECRETS: best on another disk")
    return folder


def _least(environment: Mapping[str, str]) -> int:
    value = environment.get("TINBAO_LEAST", str(LEAST))
    if not value.isdecimal() or not suppression.LEAST <= int(value) <= MOST_HIDDEN:
        raise errors.BadSetting(f"TINBAO_LEAST must be a number, {suppression.LEAST} to {MOST_HIDDEN}")
    return int(value)


def _count(environment: Mapping[str, str], name: str) -> int:
    value = environment.get(name, "1")
    if not value.isdecimal() or not 0 < int(value) <= 1000:
        raise errors.BadSetting(f"{name} must be a number of processes, 1 to 1000")
    return int(value)


def _witnesses(environment: Mapping[str, str]) -> tuple[notes.Key, ...]:
    try:
        found = tuple(notes.parse_vkey(it) for it in environment.get("TINBAO_WITNESSES", "").split())
    except errors.NotVerified as error:
        raise errors.BadSetting(f"TINBAO_WITNESSES: {error}; `tinbao witness new` prints one") from error
    names = {it.name for it in found}
    if (
        len(names) != len(found)
        or len(found) > MOST_WITNESSES
        or any(it.kind is not notes.Kind.COSIGNATURE for it in found)
    ):
        raise errors.BadSetting(
            f"TINBAO_WITNESSES must be the keys of witnesses as `tinbao witness new` prints them, parted by spaces,"
            f" each of another name, {MOST_WITNESSES} at most"
        )
    return found


def _address(environment: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    address = environment.get(name, "")
    if address and not address.startswith(schemes):
        raise errors.BadSetting(f"{name} must begin with {' or '.join(schemes)}")
    return address


def _name(environment: Mapping[str, str], setting: str) -> str:
    """A bot's name on Telegram, with or without its sign."""
    name = environment.get(setting, "").removeprefix("@")
    if name and not re.fullmatch(r"\w{5,32}", name, re.ASCII):
        raise errors.BadSetting(f"{setting} must be a bot's name, such as TinBaoBot")
    return name


def _server(environment: Mapping[str, str], name: str, usual: str) -> str:
    """The address of a server that is trusted with a token; in the clear only an emulator's on this machine."""
    address = environment.get(name, "").rstrip("/") or usual
    found = urlsplit(address)
    if not found.hostname or (found.scheme != "https" and not is_emulator(address)):
        raise errors.BadSetting(f"{name} must begin with https:// (http:// only for 127.0.0.1)")
    return address


def _zalo_account(environment: Mapping[str, str]) -> ZaloAccount | None:
    names = {name: f"TINBAO_ZALO_OA_{name.upper()}" for name in ("app_id", "app_secret", "secret", "refresh")}
    given = {name: environment.get(setting, "").strip() for name, setting in names.items()}
    if not any(given.values()):
        return None
    if missing := [names[name] for name, value in given.items() if not value]:
        raise errors.BadSetting(f"an Official Account of Zalo also needs {', '.join(missing)}")
    return ZaloAccount(
        **given,
        api=_server(environment, "TINBAO_ZALO_OA_API", ZALO_OA_API),
        oauth=_server(environment, "TINBAO_ZALO_OA_OAUTH", ZALO_OA_OAUTH),
        hours=_hours(environment, "TINBAO_ZALO_OA_HOURS", "6-22"),
    )


def _hours(environment: Mapping[str, str], name: str, usual: str) -> tuple[int, int]:
    """Whole hours of a day, from and until."""
    first, _, end = (environment.get(name, "") or usual).partition("-")
    if not first.isdecimal() or not end.isdecimal() or not 0 <= int(first) < int(end) <= 24:
        raise errors.BadSetting(f"{name} must be two hours of a day, such as {usual}")
    return int(first), int(end)


def is_emulator(address: str) -> bool:
    """Whether an address is one of this machine's, in the clear: a platform's emulator."""
    found = urlsplit(address)
    return found.scheme == "http" and found.hostname in LOOPBACK


def _moved(value: str) -> Moved | None:
    """`+35d`, `-3h`, `+1d12h`, or a moment by ISO 8601; one without a zone is the city's. Within a century of now."""
    if not value:
        return None
    try:
        moved = _span(value) or _moment(value)
        far = moved.start - datetime.now(UTC) if moved.start else moved.by
    except (ValueError, OverflowError) as error:
        raise errors.BadSetting(
            "TINBAO_NOW must be a moment, such as 2027-01-31T08:00:00+07:00, or a span, such as +35d or -3h"
        ) from error
    if abs(far) > FARTHEST:
        raise errors.BadSetting("TINBAO_NOW moves time by a century at most")
    return moved


def _span(value: str) -> Moved | None:
    found = _SPAN.fullmatch(value)
    if not found:
        return None
    sign = -1 if found.group(1) == "-" else 1
    spans = [timedelta(**{_UNITS[unit]: int(count)}) for count, unit in _PART.findall(value)]
    return Moved(by=sign * sum(spans, timedelta(0)))


def _moment(value: str) -> Moved:
    moment = datetime.fromisoformat(value)
    return Moved(start=moment if moment.tzinfo else moment.replace(tzinfo=deadlines.CITY))


def _token(environment: Mapping[str, str], name: str) -> str:
    token = environment.get(name, "")
    if token and (":" not in token or any(sign.isspace() for sign in token)):
        raise errors.BadSetting(f"{name} is not a token of the Bot API (NUMBER:SIGNS)")
    return token
