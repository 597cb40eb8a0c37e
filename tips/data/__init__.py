"""Facts, as data: each file names its source and date."""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import Any


@functools.cache
def read(file: str) -> Any:
    """A data file, parsed once."""
    return json.loads(importlib.resources.files(__name__).joinpath(file).read_text("utf-8"))
