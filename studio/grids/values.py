"""Values as people write them: with commas between, and ranges of numbers the way A1111's users write them.

8, 12, 20          these
1-5                1, 2, 3, 4, 5
1-10 (+3)          1, 4, 7, 10
10-1 (-3)          10, 7, 4, 1
0-1 [5]            0, 0.25, 0.5, 0.75, 1
"a, b", c          two values, the first with a comma in it
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from pipelines.errors import InvalidRequest

NUMBER = r"-?\d{1,10}(?:\.\d{1,6})?"
RANGE = re.compile(rf"({NUMBER})\s*-\s*({NUMBER})(?:\s*\(([+-]\d{{1,10}}(?:\.\d{{1,6}})?)\)|\s*\[(\d{{1,4}})\])?")
MOST = 100
"""Values of one axis; more cells than anybody looks at."""


def read_values(name: str, text: str, read: Callable[[str], Any], ranged: bool) -> tuple[Any, ...]:
    """The values of the setting ``name``, each as ``read`` takes it; InvalidRequest names the one that is wrong.

    ``ranged``: whether they are numbers, of which ranges can be written.
    """
    written = list(_written(name, text, ranged))
    if not written:
        raise InvalidRequest(f"The axis {name} has no values: write some with commas between, such as {name}: a, b.")
    if len(written) > MOST:
        raise InvalidRequest(f"The axis {name} has {len(written)} values; {MOST} are the most.")
    return tuple(_value(name, each, read) for each in written)


def _value(name: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except argparse.ArgumentTypeError as error:
        raise InvalidRequest(f"A value of the axis {name} {error}") from error


def _written(name: str, text: str, ranged: bool) -> Iterator[str]:
    for each in next(csv.reader([text], skipinitialspace=True), []):
        found = RANGE.fullmatch(each.strip()) if ranged else None
        if found:
            yield from map(_plain, _range(name, each.strip(), *found.groups()))
        elif each.strip():
            yield each.strip()


def _range(name: str, text: str, first: str, last: str, step: str | None, count: str | None) -> list[Decimal]:
    """The numbers of a range, in decimal arithmetic: 0.1 three times is 0.3."""
    begin, end = Decimal(first), Decimal(last)
    if count is not None:
        return _evenly(begin, end, min(int(count), MOST + 1))
    pace = Decimal(step) if step else Decimal(1 if end >= begin else -1)
    if step is None and (begin % 1 or end % 1):
        raise InvalidRequest(
            f"The range {text} of the axis {name} needs a step such as (+0.1) or a number such as [5]."
        )
    if pace == 0 or (end - begin) * pace < 0:
        raise InvalidRequest(f"The range {text} of the axis {name} never ends: give its step the other sign.")
    return [begin + pace * number for number in range(min(int((end - begin) / pace), MOST) + 1)]


def _evenly(begin: Decimal, end: Decimal, count: int) -> list[Decimal]:
    return [begin + (end - begin) * number / max(count - 1, 1) for number in range(count)]


def _plain(value: Decimal) -> str:
    """Without the zeros that arithmetic leaves."""
    return f"{round(value, 6):f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
