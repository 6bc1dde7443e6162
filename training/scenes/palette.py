"""Colours: what things are painted with, and what the light of the hour makes of them. Channels run from 0 to 255."""

from dataclasses import dataclass
from random import Random

Colour = tuple[float, float, float]

PAINT: dict[str, Colour] = {
    "red": (214, 54, 48),
    "blue": (48, 104, 208),
    "yellow": (248, 206, 66),
    "white": (246, 244, 238),
    "pink": (244, 150, 178),
    "orange": (240, 134, 42),
    "purple": (140, 84, 184),
    "green": (74, 150, 70),
}
WOOD: Colour = (112, 74, 48)
STONE: Colour = (126, 122, 132)


@dataclass(frozen=True)
class Light:
    """The light of an hour: the sky from top to horizon, the tint on all it falls on, the haze of the distance."""

    sky: tuple[Colour, Colour, Colour]
    tint: Colour
    haze: Colour
    cloud: Colour
    disc: Colour
    lamps: bool = False


LIGHTS = {
    "dawn": Light(
        ((122, 150, 212), (236, 186, 204), (255, 226, 190)),
        (1.0, 0.9, 0.9), (220, 188, 208), (255, 222, 222), (255, 244, 206),
    ),
    "day": Light(
        ((58, 136, 220), (128, 192, 242), (214, 238, 250)),
        (1.0, 1.0, 1.0), (176, 208, 234), (255, 255, 255), (255, 240, 150),
    ),
    "sunset": Light(
        ((82, 62, 136), (226, 98, 90), (255, 186, 84)),
        (1.0, 0.8, 0.7), (196, 112, 116), (250, 158, 128), (255, 226, 130),
    ),
    "night": Light(
        ((10, 16, 46), (22, 36, 86), (56, 80, 138)),
        (0.52, 0.57, 0.82), (40, 58, 108), (74, 90, 138), (244, 240, 214), True,
    ),
    "storm": Light(
        ((56, 62, 76), (88, 96, 112), (138, 146, 156)),
        (0.7, 0.74, 0.8), (104, 114, 128), (70, 76, 90), (255, 255, 255), True,
    ),
}  # fmt: skip


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`share` of b in a."""
    return tuple(x + (y - x) * share for x, y in zip(a, b, strict=True))


def lighter(colour: Colour, share: float = 0.25) -> Colour:
    return mix(colour, (255, 255, 255), share)


def darker(colour: Colour, share: float = 0.25) -> Colour:
    return mix(colour, (20, 16, 40), share)


def waver(random: Random, colour: Colour, amount: float = 7) -> Colour:
    """The same colour, a little different: no two skies are alike."""
    return tuple(min(255.0, max(0.0, channel + random.uniform(-amount, amount))) for channel in colour)
