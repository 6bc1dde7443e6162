"""A run that stopped between two steps, as bytes, and taken up again to the same picture, bit for bit.

What is kept is what the network said (see ``pipelines.engine.engine``); the request makes everything else again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from pipelines.engine.engine import Answers
from pipelines.errors import InvalidRequest
from pipelines.requests import Request

KEY = "request"


def pack(request: Request, answers: Mapping[int, Answers]) -> bytes:
    """The ``answers`` of the pictures of ``request`` so far, by picture, in the format of safetensors.

    Names are "picture.time.question"; the request's key goes with them.
    """
    named: dict[str, Tensor] = {}
    for index, told in answers.items():
        for time, estimates in enumerate(told):
            for place, estimate in enumerate(estimates):
                named[f"{index}.{time}.{place}"] = estimate.detach().cpu().contiguous()
    return save(named, metadata={KEY: request.key})


def unpack(request: Request, data: bytes) -> dict[int, list[tuple[Tensor, ...]]]:
    """What ``pack`` kept; InvalidRequest if it is damaged or belongs to another request."""
    try:
        named, key = load(data), _metadata(data).get(KEY)
    except (SafetensorError, ValueError) as error:
        raise InvalidRequest(f"The saved run cannot be read ({error}): start the picture anew.") from error
    if key != request.key:
        raise InvalidRequest("The saved run belongs to another request: start the picture anew.")
    told: dict[int, list[list[Tensor]]] = {}
    for index, time, place in sorted(tuple(map(int, name.split("."))) for name in named):
        times = told.setdefault(index, [])
        times.extend([] for _ in range(time + 1 - len(times)))
        times[time].append(named[f"{index}.{time}.{place}"])
    return {index: [tuple(estimates) for estimates in times] for index, times in told.items()}


def _metadata(data: bytes) -> Mapping[str, str]:
    """The text that safetensors keeps in its header: 8 bytes of length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]).get("__metadata__", {})


def moved(told: Answers, device: object) -> list[tuple[Tensor, ...]]:
    """Answers on the device of the model that goes on."""
    return [tuple(estimate.to(device) for estimate in estimates) for estimates in told]  # type: ignore[call-overload]
