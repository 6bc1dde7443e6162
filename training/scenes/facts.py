"""What can be true of a scene, and how scene number *n* is imagined.

Facts come first and the picture is drawn from them, so a caption never has to guess: it reads the same facts.
"""

from dataclasses import dataclass
from random import Random

HOURS = ("dawn", "day", "sunset", "night", "storm")
GROUNDS = ("meadow", "desert", "snow", "lake", "sea", "autumn")
FARS = ("nothing", "hills", "mountains", "snowy mountains")
PLACES = ("left", "centre", "right")

WALLS = ("red", "blue", "yellow", "white", "pink")
SAILS = ("red", "white", "yellow", "blue", "orange")
COLOURS = {
    "house": WALLS,
    "windmill": ("white", "red", "blue"),
    "lighthouse": ("red", "blue"),
    "boat": SAILS,
    "balloon": ("red", "blue", "yellow", "orange", "purple", "green"),
    "tree": ("green", "pink"),
    "pine": ("green",),
    "palm": ("green",),
    "cactus": ("green",),
}
AUTUMN_LEAVES = ("orange", "red", "yellow")
FLOWERS = ("red", "yellow", "white", "purple", "pink")
STANDING = {
    "meadow": ("house", "tree", "windmill", "pine"),
    "desert": ("cactus", "palm", "house"),
    "snow": ("house", "pine"),
    "lake": ("boat", "boat", "house", "tree", "pine"),
    "sea": ("boat", "boat", "lighthouse", "palm", "house"),
    "autumn": ("house", "tree", "windmill"),
}
GROUPS = ("house", "tree", "pine", "palm", "cactus", "boat", "balloon")


@dataclass(frozen=True)
class Thing:
    """One kind of thing: a single one at a place, or two or three of them side by side (then place is empty)."""

    kind: str
    colour: str
    place: str = ""
    count: int = 1


@dataclass(frozen=True)
class Facts:
    """All that is true of a scene and may be said of it. An empty word means that there is nothing to say."""

    hour: str
    ground: str
    far: str
    light: str = ""  # "sun", "moon"
    clouds: bool = False
    lightning: bool = False
    flowers: str = ""  # their colour
    things: tuple[Thing, ...] = ()


def imagine(number: int) -> Facts:
    """Scene `number` of the world: the same facts on every machine, for ever."""
    random = Random(number)
    hour = random.choices(HOURS, weights=(16, 28, 22, 22, 12))[0]
    ground = random.choice(GROUNDS)
    return Facts(
        hour=hour,
        ground=ground,
        far=random.choices(FARS, weights=(2, 3, 3, 3))[0],
        light=_light(random, hour),
        clouds=hour == "storm" or random.random() < 0.4,
        lightning=hour == "storm" and random.random() < 0.6,
        flowers=random.choice(FLOWERS) if ground == "meadow" and random.random() < 0.4 else "",
        things=_things(random, hour, ground),
    )


def _light(random: Random, hour: str) -> str:
    """The sun or the moon, where the hour allows one; now and then it is out of the picture."""
    if hour == "storm" or random.random() < 0.25:
        return ""
    return "moon" if hour == "night" else "sun"


def _things(random: Random, hour: str, ground: str) -> tuple[Thing, ...]:
    """Up to three things, each kind and each place at most once; or one group of two or three."""
    kinds = STANDING[ground] + (() if hour == "storm" else ("balloon",))
    number = random.choices((0, 1, 2, 3), weights=(10, 45, 32, 13))[0]
    if number == 1 and random.random() < 0.4:
        kind = random.choice([kind for kind in kinds if kind in GROUPS])
        return (Thing(kind, _colour(random, kind, ground), count=random.choice((2, 3))),)
    chosen = random.sample(sorted(set(kinds)), min(number, len(set(kinds))))
    places = random.sample(PLACES, len(chosen))
    return tuple(Thing(kind, _colour(random, kind, ground), place) for kind, place in zip(chosen, places, strict=True))


def _colour(random: Random, kind: str, ground: str) -> str:
    leaves = kind == "tree" and ground == "autumn"
    return random.choice(AUTUMN_LEAVES if leaves else COLOURS[kind])
