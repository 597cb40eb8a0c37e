"""Facts, as data: each file names its source and date."""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import IO, Any


@functools.cache
def read(file: str) -> Any:
    """A data file, parsed once."""
    return json.loads(importlib.resources.files(__name__).joinpath(file).read_text("utf-8"))


def opened(file: str) -> IO[bytes]:
    """A data file of numbers, to be read once."""
    return importlib.resources.files(__name__).joinpath(file).open("rb")
