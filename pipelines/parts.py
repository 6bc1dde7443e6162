"""The settings of a request that are made of several: frozen, self-validating, torch-free."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from pipelines.checks import MAX_SIDE, check_choice, check_number, check_prompt, check_whole
from pipelines.engine.guidance import GUIDANCES
from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import AUTOMATIC, SPACING_LABELS, SPACINGS, Bounds
from pipelines.errors import InvalidRequest

MAX_SEED = 2**32 - 1
SEEDS_APART = 2_654_435_769  # 2**32 over the golden ratio: multiples of it spread evenly over all seeds
MAX_STEPS = 1000
MAX_GUIDANCE = 100.0
MIN_SIDE = 64
UPSCALES = {"pixels": "the picture", "latents": "its latents: softer, and freer to change"}
BLENDS = {
    "automatic": "repaired where that makes the join fainter",
    "none": "as it was painted",
}
MAX_REUSE = 10
VARIATIONS = {"subtle": 0.15, "strong": 0.4}
SOURCES = {"cpu": "the same noise on every machine", "device": "drawn where the model is"}


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the noise is walked back: the same for every task.

    ``seed`` is that of the first picture; picture k of a request uses ``seed + k`` (wrapping at 2**32), so each can be
    made again alone.  ``noise`` says where noise is drawn, one of ``SOURCES``.  ``reuse``: for how many estimates what
    the network's deep layers say is used, 1 to 10; at 1 each asks them anew, which is exact (`engine/reusing.py`).
    """

    steps: int = 20
    guidance: float = 7.0
    sampler: str = "dpmpp_2m"
    spacing: str = AUTOMATIC
    seed: int = 0
    noise: str = "cpu"
    reuse: int = 1

    def __post_init__(self) -> None:
        check_whole("steps", self.steps, 1, MAX_STEPS)
        check_number("guidance", self.guidance, 1.0, MAX_GUIDANCE)
        object.__setattr__(self, "guidance", float(self.guidance))  # 7 and 7.0 are one request, so they are one JSON
        check_choice("sampler", self.sampler, SAMPLERS)
        check_choice("spacing", self.spacing, SPACING_LABELS)
        check_whole("seed", self.seed, 0, MAX_SEED)
        check_choice("noise source", self.noise, SOURCES)
        check_whole("reuse", self.reuse, 1, MAX_REUSE)

    def seed_of(self, index: int) -> int:
        """The seed of picture ``index`` (0 is the first)."""
        return (self.seed + index) % (MAX_SEED + 1)

    def of_walk(self, number: int) -> Sampling:
        """That of a picture's walk ``number`` (0 is the first): noise of its own, far from that of other pictures."""
        return dataclasses.replace(self, seed=(self.seed + number * SEEDS_APART) % (MAX_SEED + 1))


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What else can be turned on a sampler and on a spacing, named as in k-diffusion; None is the usual value.

    ``eta``: share of fresh noise, 0 to 1 (DDIM 0, others 1).  ``s_churn`` (0 to 1000), ``s_tmin``, ``s_tmax``: noise
    put back before a step, and between which levels.  ``s_noise`` (0 to 2): spread of all of that noise.
    ``sigma_min``, ``sigma_max``, ``rho``: where the levels of a spacing begin and end, and how they are bent.  Levels
    are in sigma / alpha.  ``shift``: how far a flow model's steps are pushed towards noise (SD3: 3).
    """

    eta: float | None = None
    s_churn: float | None = None
    s_tmin: float | None = None
    s_tmax: float | None = None
    s_noise: float | None = None
    sigma_min: float | None = None
    sigma_max: float | None = None
    rho: float | None = None
    shift: float | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in TUNING.items():
            value = getattr(self, name)
            if value is not None:
                check_number(name, value, low, high)
                object.__setattr__(self, name, float(value))
        if self.sigma_min and self.sigma_max and self.sigma_min >= self.sigma_max:
            raise InvalidRequest(
                f"sigma_min must be below sigma_max, but is {self.sigma_min:g} beside {self.sigma_max:g}."
            )

    def check_use(self, sampler: str, spacing: str) -> None:
        """Refuse what this sampler and this spacing have no use for; it would be ignored without a word."""
        heeds = ("shift", *SAMPLERS[sampler].knobs, *(SPACINGS[spacing].heeds if spacing in SPACINGS else BOUNDS))
        for name in TUNING:
            if getattr(self, name) is None or name in heeds:
                continue
            if name in BOUNDS:
                fit, what = [row.label for row in SPACINGS.values() if name in row.heeds], SPACINGS[spacing].label
            else:
                fit, what = [row.label for row in SAMPLERS.values() if name in row.knobs], SAMPLERS[sampler].label
            raise InvalidRequest(f"{what} has no use for {name}: leave it out, or choose {', '.join(fit)}.")

    def knobs(self, sampler: str) -> dict[str, float]:
        """The sampler's further arguments that are set."""
        given = {name: getattr(self, name) for name in SAMPLERS[sampler].knobs}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def bounds(self) -> Bounds:
        """What is set of the spacing."""
        return Bounds(self.sigma_min, self.sigma_max, self.rho)


TUNING = {
    "eta": (0.0, 1.0), "s_churn": (0.0, 1000.0), "s_tmin": (0.0, 10_000.0), "s_tmax": (0.0, 10_000.0),
    "s_noise": (0.0, 2.0), "sigma_min": (1e-6, 10_000.0), "sigma_max": (1e-6, 10_000.0), "rho": (0.1, 100.0),
    "shift": (0.01, 100.0),
}  # fmt: skip
BOUNDS = tuple(item.name for item in dataclasses.fields(Bounds))


@dataclass(frozen=True, kw_only=True)
class Guiding:
    """How guidance is applied: by which ``method`` (of ``GUIDANCES``), when, and how strongly towards the end.

    It is on from ``start`` to ``stop``, shares of the steps (0 to 1); outside of that the prompt is asked alone, which
    saves a call of the network.  ``end``: the scale falls or rises evenly from ``guidance`` to this one; None keeps it.
    ``scales``: instead, scales that it passes through on the way, evenly spread over the steps, two or more.
    ``rescale`` (0 to 1): how far the contrast that guidance adds is taken back (Lin et al. 2023).
    """

    method: str = "cfg"
    start: float = 0.0
    stop: float = 1.0
    end: float | None = None
    scales: tuple[float, ...] = ()
    rescale: float = 0.0

    def __post_init__(self) -> None:
        check_choice("guidance method", self.method, GUIDANCES)
        for name in ("start", "stop", "rescale"):
            check_number(f"guidance {name}", getattr(self, name), 0.0, 1.0)
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.end is not None:
            check_number("guidance end", self.end, 1.0, MAX_GUIDANCE)
            object.__setattr__(self, "end", float(self.end))
        self._check_scales()
        if self.start > self.stop:
            raise InvalidRequest(f"Guidance must start before it stops, but is set from {self.start} to {self.stop}.")

    def _check_scales(self) -> None:
        if not isinstance(self.scales, tuple | list) or len(self.scales) == 1:
            raise InvalidRequest(f"guidance scales must be two numbers or more, but is {self.scales!r}.")
        for scale in self.scales:
            check_number("each of the guidance scales", scale, 1.0, MAX_GUIDANCE)
        object.__setattr__(self, "scales", tuple(float(scale) for scale in self.scales))
        if self.scales and self.end is not None:
            raise InvalidRequest("Guidance scales say how it ends as well: leave guidance end out.")

    def scale_at(self, step: int, steps: int, guidance: float) -> float:
        """The scale of step ``step``, from 1, of ``steps``; 1 where guidance is off."""
        if not self.start <= (step - 1) / steps < self.stop:
            return 1.0
        scales = self.scales or (guidance, guidance if self.end is None else self.end)
        place = (step - 1) / max(steps - 1, 1) * (len(scales) - 1)
        before = min(int(place), len(scales) - 2)
        return scales[before] + (place - before) * (scales[before + 1] - scales[before])


@dataclass(frozen=True, kw_only=True)
class Variation:
    """A picture near another: the noise of the seed, turned by ``strength`` (0 to 1) towards that of ``seed``.

    With a strength, all pictures of a request share the main seed, and picture k varies it by ``seed + k``.  ``width``
    and ``height`` in pixels, both or none: the noise is that of a picture of this size, put into the middle of the new
    one, so that a seed keeps its composition at another size.
    """

    seed: int = 0
    strength: float = 0.0
    width: int = 0
    height: int = 0

    def __post_init__(self) -> None:
        check_whole("variation seed", self.seed, 0, MAX_SEED)
        check_number("variation strength", self.strength, 0.0, 1.0)
        object.__setattr__(self, "strength", float(self.strength))
        check_whole("variation width", self.width, 0, MAX_SIDE)
        check_whole("variation height", self.height, 0, MAX_SIDE)
        if bool(self.width) != bool(self.height):
            raise InvalidRequest("The size that the seed is taken from needs both a width and a height, or none.")

    def alone(self, index: int) -> Variation:
        """That of picture ``index`` by itself."""
        seed = (self.seed + index) % (MAX_SEED + 1) if self.strength else self.seed
        return dataclasses.replace(self, seed=seed)


@dataclass(frozen=True, kw_only=True)
class Hires:
    """A second walk, over the picture of the first made ``scale`` times as large (1 to 4); at 1 there is none.

    ``upscale``: what is enlarged, one of ``UPSCALES``.  ``strength`` (0 to 1, not 0): from how much noise the second
    walk sets out; all of its ``steps`` lead from there, 0 for as many as the first has.  ``sampler`` and ``prompt``:
    those of the first where empty.
    """

    scale: float = 1.0
    upscale: str = "pixels"
    strength: float = 0.5
    steps: int = 0
    sampler: str = ""
    prompt: str = ""

    def __post_init__(self) -> None:
        for name, low, high in (("scale", 1.0, 4.0), ("strength", 0.01, 1.0)):
            check_number(f"hires {name}", getattr(self, name), low, high)
            object.__setattr__(self, name, float(getattr(self, name)))
        check_choice("hires upscale", self.upscale, UPSCALES)
        check_whole("hires steps", self.steps, 0, MAX_STEPS)
        if self.sampler:
            check_choice("hires sampler", self.sampler, SAMPLERS)
        check_prompt("hires prompt", self.prompt)

    def __bool__(self) -> bool:
        return self.scale > 1


@dataclass(frozen=True, kw_only=True)
class Size:
    """Width and height of a picture in pixels, each 64 to 4096."""

    width: int = 512
    height: int = 512

    def __post_init__(self) -> None:
        check_whole("width", self.width, MIN_SIDE, MAX_SIDE)
        check_whole("height", self.height, MIN_SIDE, MAX_SIDE)


@dataclass(frozen=True, kw_only=True)
class Margins:
    """Pixels added on each side of a picture, none negative."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __post_init__(self) -> None:
        for name in ("left", "top", "right", "bottom"):
            check_whole(f"The {name} margin", getattr(self, name), 0, MAX_SIDE)

    def __bool__(self) -> bool:
        return any((self.left, self.top, self.right, self.bottom))


AREAS: dict[str, str] = {
    "automatic": "All of a picture that the model can compose in one piece, of a larger one the mask with some context",
    "whole": "The whole picture, at a size that the model likes",
    "masked": "The mask with its padding and as much more as makes the size that the model was trained on",
    "closeup": "The mask with its padding alone, enlarged to the size that the model was trained on, as for faces",
}
"""What the model may see of a picture while it repaints a part of it.

A close-up is what others call *only masked*: small things come out finer, since they are painted large and shrunk.
"""

PADDED = ("masked", "closeup")
PADDING = 32
"""Pixels, where none are asked for."""

PARTS: dict[str, type[Any]] = {
    "sampling": Sampling,
    "tuning": Tuning,
    "guiding": Guiding,
    "variation": Variation,
    "size": Size,
    "margins": Margins,
    "hires": Hires,
}
"""By the names that requests have them under."""
