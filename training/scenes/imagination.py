"""How scene number *n* is imagined: the same facts and the same size on every machine, for ever."""

from dataclasses import dataclass
from random import Random

from training.scenes.brush import SIDE
from training.scenes.facts import (
    AUTUMN_LEAVES,
    BEHIND_GROUND,
    COLOURS,
    CROSSING,
    FLOWERS,
    FLYING,
    GROUNDS,
    GROUPS,
    HOURS,
    PLACES,
    ROOFS,
    STANDING,
    STYLES,
    WEATHERS,
    Facts,
    Thing,
)

SIZES = ((192, 192), (320, 320), (384, 192), (192, 384), (320, 192), (192, 320), (512, 256), (256, 512))
USUAL = 0.7  # share of square pictures of SIDE pixels
WEATHER_WEIGHTS = dict(zip(WEATHERS, (30, 25, 8, 10, 8, 9, 7), strict=True))
NEVER = {  # weathers that an hour or a ground does not know
    "night": ("storm", "rainbow"),
    "desert": ("rain", "snowfall"),
    "snow": ("rain",),
    "sea": ("snowfall",),
    "beach": ("snowfall",),
    "autumn": ("snowfall",),
}
HIDING = ("tree", "pine", "palm", "windmill", "tower", "lighthouse")  # tall enough to be seen behind a house
LOW = ("figure", "bush", "cactus")  # low enough to leave in sight what they stand in front of


def size_of(number: int) -> tuple[int, int]:
    """Width and height of scene `number` in pixels."""
    random = Random(f"size {number}")
    return (SIDE, SIDE) if random.random() < USUAL else random.choice(SIZES)


@dataclass(frozen=True)
class Setting:
    """What settles which things there can be, and in which colours."""

    hour: str
    weather: str
    ground: str
    style: str


def imagine(number: int) -> Facts:
    """Scene `number` of the world."""
    random = Random(number)
    setting = _setting(random)
    things, relation = _things(random, setting)
    feature = _feature(random, setting.ground, things)
    flowers = setting.ground == "meadow" and not feature and random.random() < 0.4
    return Facts(
        hour=setting.hour,
        ground=setting.ground,
        far=_far(random, setting),
        weather=setting.weather,
        style=setting.style,
        light=_light(random, setting.hour, setting.weather),
        lightning=setting.weather == "storm" and random.random() < 0.6,
        flowers=random.choice(FLOWERS) if flowers else "",
        feature=feature,
        things=things,
        relation=relation,
    )


def _setting(random: Random) -> Setting:
    hour = random.choices(HOURS, weights=(20, 32, 24, 24))[0]
    ground = random.choice(GROUNDS)
    never = NEVER.get(hour, ()) + NEVER.get(ground, ())
    weathers = [weather for weather in WEATHERS if weather not in never]
    weather = random.choices(weathers, weights=[WEATHER_WEIGHTS[weather] for weather in weathers])[0]
    return Setting(hour, weather, ground, random.choices(STYLES, weights=(35, 13, 13, 13, 13, 13))[0])


def _light(random: Random, hour: str, weather: str) -> str:
    """The sun or the moon, where the weather allows one; now and then it is out of the picture."""
    if weather not in ("clear", "clouds") or random.random() < 0.25:
        return ""
    return "moon" if hour == "night" else "sun"


def _far(random: Random, setting: Setting) -> str:
    """In fog nobody could tell rock from snow, and in fog at night nobody sees far."""
    foggy = setting.weather == "fog"
    if foggy and setting.hour == "night":
        return "nothing"
    fars = [far for far in BEHIND_GROUND[setting.ground] if not foggy or far != "snowy mountains"]
    return random.choices(fars, weights=[0.7 if far == "nothing" else 1 for far in fars])[0]


def _feature(random: Random, ground: str, things: tuple[Thing, ...]) -> str:
    """A road or a river needs room: it goes only where at most one thing stands."""
    if ground not in CROSSING or random.random() < 0.7:
        return ""
    standing = [thing for thing in things if thing.kind not in FLYING]
    free = len(standing) < 2 and all(thing.count == 1 for thing in standing)
    features = [feature for feature in CROSSING[ground] if free or feature == "fence"]
    return random.choice(features) if features else ""


def _things(random: Random, setting: Setting) -> tuple[tuple[Thing, ...], str]:
    """Up to three things, each kind and each place at most once; or a group; or a pair and how it stands."""
    kinds = sorted({*STANDING[setting.ground], *_flying(setting.weather)})
    number = random.choices((0, 1, 2, 3), weights=(10, 45, 32, 13))[0]
    if number == 1 and random.random() < 0.35:
        kind = random.choice([kind for kind in kinds if kind in GROUPS])
        return (_thing(random, setting, kind, count=random.choice((2, 3))),), ""
    if number == 2 and random.random() < 0.5:
        related = _related(random, setting, kinds)
        if related:
            return related
    chosen = random.sample(kinds, min(number, len(kinds)))
    places = random.sample(PLACES, len(chosen))
    return tuple(_thing(random, setting, kind, place) for kind, place in zip(chosen, places, strict=True)), ""


def _related(random: Random, setting: Setting, kinds: list[str]) -> tuple[tuple[Thing, Thing], str] | None:
    """Two things and how the first stands to the second, of another colour if it has a choice; None if no pair fits."""
    pairs = {relation: found for relation, found in _pairs(kinds).items() if found}
    if not pairs:
        return None
    relation, place = random.choice(list(pairs)), random.choice(PLACES)
    here, there = random.choice(pairs[relation])
    second = _thing(random, setting, there, place)
    tries = [_thing(random, setting, here, "" if relation == "beside" else place) for _ in range(5)]
    return (next((first for first in tries if first.colour != second.colour), tries[0]), second), relation


def _pairs(kinds: list[str]) -> dict[str, list[tuple[str, str]]]:
    """The pairs of these kinds that can stand in each relation."""
    standing = [kind for kind in kinds if kind not in FLYING and kind != "boat"]
    among = {
        "behind": (HIDING, ("house",)),
        "in front of": (LOW, ("house", "windmill", "tower")),
        "above": (FLYING, ("house", "boat", "tree")),
        "beside": (standing, standing),
    }
    return {
        relation: [(a, b) for a in kinds for b in kinds if a != b and a in firsts and b in seconds]
        for relation, (firsts, seconds) in among.items()
    }


def _flying(weather: str) -> tuple[str, ...]:
    if weather in ("clear", "clouds", "rainbow"):
        return FLYING
    return () if weather == "storm" else ("birds",) if weather == "rain" else ()


def _thing(random: Random, setting: Setting, kind: str, place: str = "", count: int = 1) -> Thing:
    roof = random.choice(ROOFS) if kind == "house" and random.random() < 0.3 else ""
    colour = _colour(random, setting, kind)
    return Thing(kind, colour, place, count, roof if roof != colour else "")


def _colour(random: Random, setting: Setting, kind: str) -> str:
    """Birds stand out against their sky, and leaves turn in autumn."""
    if kind == "birds":
        dark = setting.hour == "night" or setting.weather == "rain" or setting.style == "neon"
        return "white" if dark else "black"
    leaves = kind in ("tree", "bush") and setting.ground == "autumn"
    return random.choice(AUTUMN_LEAVES if leaves else COLOURS[kind])
