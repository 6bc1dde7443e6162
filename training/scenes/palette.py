"""Colours: what things are painted with, and what the light of the hour makes of them. Channels run from 0 to 255."""

from dataclasses import dataclass, replace
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
    "grey": (142, 140, 150),
    "black": (34, 32, 44),
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
}  # fmt: skip
COVERS = {  # what covers the sky, as it looks by day
    "storm": Light(
        ((56, 62, 76), (88, 96, 112), (138, 146, 156)),
        (0.7, 0.74, 0.8), (104, 114, 128), (70, 76, 90), (255, 255, 255), True,
    ),
    "rain": Light(
        ((116, 128, 144), (146, 158, 170), (178, 188, 196)),
        (0.82, 0.85, 0.9), (160, 172, 182), (128, 138, 152), (255, 255, 255),
    ),
    "snowfall": Light(
        ((140, 156, 184), (168, 182, 204), (198, 209, 224)),
        (0.94, 0.96, 1.0), (190, 202, 220), (196, 205, 222), (255, 255, 255),
    ),
    "fog": Light(
        ((204, 212, 218), (210, 217, 222), (218, 224, 228)),
        (0.92, 0.94, 0.96), (212, 219, 224), (224, 228, 232), (255, 255, 255),
    ),
}  # fmt: skip
DYES: dict[str, Colour] = {  # what the hour makes of a grey sky
    "dawn": (1.04, 0.83, 0.9), "day": (1, 1, 1), "sunset": (0.97, 0.79, 0.73), "night": (0.27, 0.33, 0.5),
}  # fmt: skip


def light_of(hour: str, weather: str) -> Light:
    """The light of an hour under its weather: a cover greys the sky and dims, and still the hour can be told."""
    light, cover = LIGHTS[hour], COVERS.get(weather)
    if cover is None:
        return light
    share = 0.85 if hour == "day" else 0.56
    sky = tuple(mix(a, _dyed(b, hour), share) for a, b in zip(light.sky, cover.sky, strict=True))
    tint = tuple(a * (1 - share + share * b) for a, b in zip(light.tint, cover.tint, strict=True))
    haze, cloud = (mix(a, _dyed(b, hour), share) for a, b in ((light.haze, cover.haze), (light.cloud, cover.cloud)))
    return Light(sky, tint, haze, cloud, light.disc, light.lamps or cover.lamps)


def truer(light: Light) -> Light:
    """The same light, but kinder to colours: things keep theirs even at night."""
    return replace(light, tint=mix(light.tint, (1.0, 1.0, 1.0), 0.35))


def _dyed(colour: Colour, hour: str) -> Colour:
    return tuple(min(255.0, a * b) for a, b in zip(colour, DYES[hour], strict=True))


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
