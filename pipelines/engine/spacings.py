"""Where the steps of a run are put on a model's path: the rules, the table of their names, and which pairs are refused.

A rule is given the path, the number of steps and the ``Bounds`` and returns that many levels, noisiest first; the clean
level is added by ``build_schedule``.  "Noise" is the path's own measure: sigma / alpha on diffusion paths, sigma on
flow paths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipelines.engine.schedule import CLEAN, FlowPath, Level, Path, Schedule

TURBULENT = 100.0
"""sigma / alpha beyond which nothing can be seen of a picture; paths with zero terminal SNR go on to 4096."""


@dataclass(frozen=True)
class Bounds:
    """What a user may set of a spacing: least and most noise, and rho, the exponent of Karras' ramp; None = usual."""

    sigma_min: float | None = None
    sigma_max: float | None = None
    rho: float | None = None

    def of(self, path: Path) -> tuple[float, float]:
        """Least and most noise, within the path's own range; the usual most is kept where a step still shows."""
        low, high = path.noise_range
        least = min(max(self.sigma_min or low, low), high)
        return least, min(max(self.sigma_max or min(high, TURBULENT), least), high)


USUAL = Bounds()
Rule = Callable[[Path, int, Bounds], list[Level]]


def uniform(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Even timesteps, as the model was published: leading, trailing or linspace."""
    return [path.at_timestep(t) for t in path.uniform(steps)]


def sgm_uniform(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Even timesteps from the very last, none of them the least noisy."""
    return [path.at_timestep(path.last_timestep * (1 - i / steps)) for i in range(steps)]


def normal(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Even timesteps from the last to the first, both included."""
    return [path.at_timestep(_between(path.last_timestep, path.first_timestep, share)) for share in _ramp(steps)]


def simple(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Every n-th of the trained timesteps, counted from the last; whole numbers."""
    count = path.last_timestep - path.first_timestep + 1
    return [path.at_timestep(path.last_timestep - int(i * count / steps)) for i in range(steps)]


def karras(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Equation 5 of Karras et al. 2022 (arXiv:2206.00364): even distances in noise**(1 / rho), rho 7."""
    rho = bounds.rho or 7.0
    least, most = (noise ** (1 / rho) for noise in bounds.of(path))
    return [path.at_noise(_between(most, least, share) ** rho) for share in _ramp(steps)]


def exponential(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Even distances in the logarithm of the noise."""
    return _in_logarithm(path, bounds, _ramp(steps))


def polyexponential(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Exponential with the distances bent by the exponent rho (k-diffusion; rho 1 is exponential)."""
    return _in_logarithm(path, bounds, (1 - (1 - share) ** (bounds.rho or 1.0) for share in _ramp(steps)))


def kl_optimal(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Even distances in the arctangent of the noise (Sabour et al. 2024, arXiv:2404.14507, section 3.1)."""
    least, most = (math.atan(noise) for noise in bounds.of(path))
    return [path.at_noise(math.tan(_between(most, least, share))) for share in _ramp(steps)]


def beta(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """Timesteps at the quantiles of Beta(0.6, 0.6): dense at both ends (Lee et al. 2024, arXiv:2407.12173)."""
    quantiles = (beta_quantile(1 - i / steps, 0.6, 0.6) for i in range(steps))
    return [path.at_timestep(_between(path.first_timestep, path.last_timestep, quantile)) for quantile in quantiles]


def align_your_steps(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """The ten steps optimised for SD 1.5 (Sabour et al. 2024, arXiv:2404.14507), other numbers in between."""
    return _published(path, steps, (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029))


def align_your_steps_xl(path: Path, steps: int, bounds: Bounds) -> list[Level]:
    """The ten steps optimised for SDXL (Sabour et al. 2024, arXiv:2404.14507), other numbers in between."""
    return _published(path, steps, (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029))


def _ramp(steps: int) -> Iterator[float]:
    """0 to 1 in so many even places."""
    return (i / max(steps - 1, 1) for i in range(steps))


def _between(start: float, end: float, share: float) -> float:
    return start + share * (end - start)


def _in_logarithm(path: Path, bounds: Bounds, shares: Iterator[float]) -> list[Level]:
    least, most = (math.log(noise) for noise in bounds.of(path))
    return [path.at_noise(math.exp(_between(most, least, share))) for share in shares]


def _published(path: Path, steps: int, noises: tuple[float, ...]) -> list[Level]:
    """Published levels, interpolated in the logarithm for another number of steps, as their authors advise."""
    places = [(len(noises) - 1) * i / steps for i in range(steps)]
    logs = [math.log(noise) for noise in noises]
    levels = [math.exp(_between(logs[int(at)], logs[int(at) + 1], at - int(at))) for at in places]
    low, high = path.noise_range
    return _falling([path.at_noise(min(max(noise, low), high)) for noise in levels])


def _falling(levels: list[Level]) -> list[Level]:
    """Levels without repeats: where two would be the same, the path has no more room and the later one goes."""
    return [level for i, level in enumerate(levels) if not i or level.timestep < levels[i - 1].timestep]


def beta_quantile(share: float, a: float, b: float) -> float:
    """The value that this share of Beta(a, b) lies below, for 0 < a, b <= 1, by bisection to 1e-12."""
    if share <= 0 or share >= 1:
        return min(max(share, 0.0), 1.0)
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if _beta_below(middle, a, b) < share else (low, middle)
    return (low + high) / 2


def _beta_below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its power series (DLMF 8.17.8), mirrored where that is slow."""
    if x > 0.5:
        return 1 - _beta_below(1 - x, b, a)
    total, term, n = 0.0, 1.0, 0
    while abs(term) > 1e-17:
        total += term / (a + n)
        n += 1
        term *= (n - b) * x / n
    return total * x**a * math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))


@dataclass(frozen=True)
class Spacing:
    """A row of the table: the name people know, the rule, and which of the bounds it heeds."""

    label: str
    place: Rule
    heeds: tuple[str, ...] = ()
    diffusion_only: bool = False


RANGE = ("sigma_min", "sigma_max")
SPACINGS: dict[str, Spacing] = {
    "uniform": Spacing("Uniform", uniform),
    "karras": Spacing("Karras", karras, (*RANGE, "rho")),
    "exponential": Spacing("Exponential", exponential, RANGE),
    "polyexponential": Spacing("Polyexponential", polyexponential, (*RANGE, "rho")),
    "sgm_uniform": Spacing("SGM Uniform", sgm_uniform),
    "simple": Spacing("Simple", simple),
    "normal": Spacing("Normal", normal),
    "beta": Spacing("Beta", beta),
    "kl_optimal": Spacing("KL Optimal", kl_optimal, RANGE, diffusion_only=True),
    "align_your_steps": Spacing("Align Your Steps (SD 1.5)", align_your_steps, diffusion_only=True),
    "align_your_steps_xl": Spacing("Align Your Steps (SDXL)", align_your_steps_xl, diffusion_only=True),
}
AUTOMATIC = "automatic"
SPACING_LABELS = {AUTOMATIC: "Automatic", **{name: spacing.label for name, spacing in SPACINGS.items()}}
"""Everything that a person may choose."""


def spacing_for(path: Path, suits: str) -> str:
    """What "automatic" means: the spacing that suits the sampler, but uniform where a path ends in pure noise.

    There (flow matching, zero terminal SNR) rules in powers of the noise would spend their steps where nothing shows.
    """
    endless = isinstance(path, FlowPath) or path.noise_range[1] > TURBULENT
    return "uniform" if endless else suits


def build_schedule(path: Path, steps: int, spacing: str, bounds: Bounds = USUAL) -> Schedule:
    """The ``steps + 1`` levels of a run on ``path``, from the noisiest to none."""
    return Schedule((*SPACINGS[spacing].place(path, steps, bounds), CLEAN), path)
