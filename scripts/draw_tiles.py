"""Make `tips/data/tiles.json`: where each area stands on a map of equal tiles, and its short label.

    make data

The layout is our own. A centroid's longitude and latitude each become a place between 0 and 1, half by value and half
by rank: by value alone the inner city, with half of all areas on a hundredth of the ground, would be one spot; by rank
alone nothing would look like the city. Then every area takes one tile of the grid, so that the sum of the squared ways
to the tiles is the smallest possible. A former district stands at the middle of the wards that mainly belong to it.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

ROOT: Final = Path(__file__).resolve().parent.parent
AREAS: Final = ROOT / "tips" / "data" / "areas.json"
OUT: Final = ROOT / "tips" / "data" / "tiles.json"
GRIDS: Final = {"districts": (7, 8), "wards": (14, 14)}  # columns, rows
STEP: Final = 1e-6  # ways are compared in such steps, so that no last bit of a machine decides
LETTERS: Final = ((1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3), (9, 9))  # of the first and the last syllable
KINDS: Final = ("Thành phố ", "Quận ", "Huyện ", "Phường ", "Xã ", "Đặc khu ")


def main() -> None:
    """Write the file."""
    OUT.write_text(made(), "utf-8")


def made() -> str:
    """The file's text, from the area tables."""
    areas = json.loads(AREAS.read_text("utf-8"))
    wards = {row["code"]: row for row in areas["wards"]}
    places = {
        "districts": {row["code"]: _middle(row["code"], areas["wards"]) for row in areas["districts"]},
        "wards": {code: (row["lon"], row["lat"]) for code, row in wards.items()},
    }
    names = {kind: {row["code"]: row["name"] for row in areas[kind]} for kind in GRIDS}
    table: dict[str, Any] = {
        "source": "the centroids and names of areas.json; the layout and the labels are this project's own",
        "as_of": areas["as_of"],
    }
    for kind, size in GRIDS.items():
        tiles, labels = _tiles(places[kind], *size), _labels(names[kind])
        table[kind] = [{"code": code, "label": labels[code], "x": x, "y": y} for code, (x, y) in tiles.items()]
    return _lines(table)


def _middle(district: str, wards: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    own = [row for row in wards if row["districts"][0] == district]
    # fsum: a plain sum rounds otherwise from Python 3.12 on
    return math.fsum(row["lon"] for row in own) / len(own), math.fsum(row["lat"] for row in own) / len(own)


def _tiles(places: Mapping[str, tuple[float, float]], columns: int, rows: int) -> dict[str, tuple[int, int]]:
    """Column and row of each area, from the north-west."""
    points = np.array(list(places.values()))
    wanted = np.stack([_spread(points[:, 0]) * (columns - 1), (1 - _spread(points[:, 1])) * (rows - 1)], axis=1)
    cells = np.array([(x, y) for y in range(rows) for x in range(columns)])
    ways = ((wanted[:, None, :] - cells[None, :, :]) ** 2).sum(axis=2)
    _, taken = linear_sum_assignment(np.round(ways / STEP))
    return {code: (int(cells[at][0]), int(cells[at][1])) for code, at in zip(places, taken, strict=True)}


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values as places from 0 to 1, half by value and half by rank."""
    by_rank = values.argsort(kind="stable").argsort(kind="stable") / (len(values) - 1)
    by_value = (values - values.min()) / (values.max() - values.min())
    return (by_rank + by_value) / 2


def _labels(names: Mapping[str, str]) -> dict[str, str]:
    """A short label for each name: Q1, or initials; those that would share one take more letters, step by step."""
    found = {code: _label(name, *LETTERS[0]) for code, name in names.items()}
    for letters in LETTERS[1:]:
        often = Counter(found.values())
        found |= {code: _label(names[code], *letters) for code, label in found.items() if often[label] > 1}
    assert len(set(found.values())) == len(found)
    return found


def _label(name: str, of_first: int, of_last: int) -> str:
    first, *between, last = _syllables(name)
    return first[:of_first] + "".join(it[0] for it in between) + (last if last.isdecimal() else last[:of_last])


def _syllables(name: str) -> list[str]:
    kind = next(it for it in KINDS if name.startswith(it))
    core = re.split(r"[ -]", name.removeprefix(kind))
    return [kind[0], *core] if core[0].isdecimal() else core


def _lines(table: Mapping[str, Any]) -> str:
    """JSON with one tile a line."""
    parts = []
    for key, value in table.items():
        shown = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list):
            shown = "[\n" + ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in value) + "\n  ]"
        parts.append(f'  "{key}": {shown}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main()
