"""What a job is about: told from its requests alone, to any page that never saw them typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_WORDS = 1000
"""Letters of a prompt that are told; the rest is in the pictures' files."""


def about(requests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What there is to say besides how far the job is.

    ``prompt`` and ``seed``: of the first picture.  ``width`` and ``height``: of the results, 0 where they follow from
    the picture worked on, which ``source`` names, None where there is none.  ``margins``: what is put around it.
    """
    first = requests[0]
    width, height = _size(first)
    return {
        "prompt": str(first.get("prompt", ""))[:MOST_WORDS],
        "seed": first["sampling"]["seed"],
        "width": width,
        "height": height,
        "source": first["image"]["sha256"] if "image" in first else None,
        "margins": first.get("margins"),
    }


def _size(request: Mapping[str, Any]) -> tuple[int, int]:
    if "size" in request:
        scale = request.get("hires", {}).get("scale", 1)
        return round(request["size"]["width"] * scale), round(request["size"]["height"] * scale)
    return request.get("width", 0), request.get("height", 0)
