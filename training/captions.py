"""From facts to words: many ways to say what is true of a scene, and sometimes only a part of it.

People type short prompts, so a good share of the captions is short. A caption never says what is not so.
"""

from collections.abc import Iterable
from random import Random

from training.scenes import Facts, Thing
from training.scenes.facts import GROUPS

HOURS = {
    "dawn": ("at dawn", "at sunrise", "in the early morning", "in the morning"),
    "day": ("by day", "in daylight", "at noon", "in the daytime", "during the day"),
    "sunset": ("at sunset", "at dusk", "in the evening", "in the evening light"),
    "night": ("at night", "under the stars", "on a starry night", "under a starry sky", "by night"),
    "storm": ("in a storm", "on a stormy day", "under dark clouds", "in stormy weather", "during a thunderstorm"),
}
HOUR_NAMES = {
    "dawn": ("dawn", "a pink dawn", "a sunrise", "an early morning"),
    "day": ("a blue sky", "a bright day", "a summer day"),
    "sunset": ("a sunset", "a red sunset", "an orange sunset", "dusk"),
    "night": ("a starry night", "a dark night", "a night sky", "stars"),
    "storm": ("a storm", "a dark storm", "a grey sky", "dark clouds", "stormy weather"),
}
GROUNDS = {
    "meadow": ("a meadow", "a green meadow", "a grassy field", "a green field", "green grass"),
    "desert": ("the desert", "a desert", "a sandy desert", "desert dunes", "sand dunes"),
    "snow": ("a snowy field", "the snow", "a snowy landscape", "a winter landscape", "a winter field"),
    "lake": ("a lake", "a blue lake", "a calm lake", "a quiet lake"),
    "sea": ("the sea", "a beach", "the ocean", "a sandy beach", "the seaside"),
    "autumn": ("an autumn field", "a golden field", "an autumn landscape", "a field in autumn", "a yellow field"),
}
WHERE = {
    "meadow": ("in", "on"),
    "desert": ("in",),
    "snow": ("in",),
    "lake": ("by", "at"),
    "sea": ("by", "at"),
    "autumn": ("in",),
}
FARS = {
    "hills": ("hills", "rolling hills", "soft hills", "distant hills"),
    "mountains": ("mountains", "rocky mountains", "grey mountains", "bare mountains", "rocky peaks"),
    "snowy mountains": ("snowy mountains", "snow-capped mountains", "mountains with snow", "white mountains"),
    "nothing": ("a wide horizon", "an open horizon", "a flat horizon", "no mountains"),
}  # fmt: skip
LIGHTS = {
    "sun": ("the sun", "a bright sun"),
    "moon": ("the moon", "a bright moon", "a full moon"),
    "lightning": ("lightning", "a bolt of lightning"),
    "clouds": ("clouds", "a cloudy sky", "some clouds"),
    "clear": ("a clear sky",),
}
BEHIND = ("behind", "in the distance", "in the background", "far away")
PLACES = {
    "left": ("on the left", "to the left", "on the left side"),
    "centre": ("in the middle", "in the center", "in the centre"),
    "right": ("on the right", "to the right", "on the right side"),
}
NOUNS = {
    "house": ("house", "house", "cottage", "hut"),
    "tree": ("tree",),
    "pine": ("pine tree", "pine", "fir tree"),
    "palm": ("palm tree", "palm"),
    "cactus": ("cactus",),
    "lighthouse": ("lighthouse",),
    "windmill": ("windmill", "mill"),
    "boat": ("boat", "sailboat", "sailing boat", "ship"),
    "balloon": ("balloon", "hot air balloon", "hot-air balloon"),
}
PLURALS = {"cactus": "cacti"}
NUMBERS = {2: ("two", "a pair of", "2"), 3: ("three", "3")}
STARTS = ("a picture of", "an illustration of", "a painting of", "a drawing of", "a view of")
SCENES = ("landscape", "scene", "view")


def caption(facts: Facts, random: Random) -> str:
    """One true sentence about the scene; one in three keeps to one or two facts."""
    parts = _parts(facts, random)
    if random.random() < 0.35:
        parts = _few(parts, random)
    style = random.random()
    words = _list(parts, random) if style < 0.3 else _sentence(parts, facts, random)
    if random.random() < 0.1:
        words = f"{random.choice(STARTS)} {words}"
    return words


def vocabulary() -> list[str]:
    """Every word that a caption can hold, sorted."""
    phrases = ["a an and with over"]
    phrases += ["flowers sail red white blue yellow orange green pink purple cherry - ,"]
    for table in (HOURS, HOUR_NAMES, GROUNDS, WHERE, FARS, LIGHTS, PLACES, NOUNS, NUMBERS):
        phrases += [phrase for said in table.values() for phrase in said]
    phrases += [_plural(noun) for kind in GROUPS for noun in NOUNS[kind]]
    phrases += [*BEHIND, *STARTS, *SCENES]
    return sorted({word for phrase in phrases for word in phrase.replace("-", " - ").split()})


def _parts(facts: Facts, random: Random) -> dict[str, str]:
    """Each fact in words. What has no words (no flowers, no far layer) is left out."""
    pick = random.choice
    parts = {
        "things": _joined([_thing(thing, random) for thing in facts.things], random),
        "flowers": f"{facts.flowers} flowers" if facts.flowers else "",
        "ground": pick(GROUNDS[facts.ground]),
        "far": pick(FARS[facts.far]) if facts.far != "nothing" or random.random() < 0.3 else "",
        "hour": pick(HOURS[facts.hour]),
        "sky": _sky(facts, random),
    }
    return {name: words for name, words in parts.items() if words}


def _few(parts: dict[str, str], random: Random) -> dict[str, str]:
    """One to three parts; things first of all, for that is what people ask for."""
    weights = {"things": 5, "ground": 2, "hour": 2, "far": 1.5, "sky": 1, "flowers": 1}
    names = sorted(parts, key=lambda name: random.random() ** (1 / weights[name]), reverse=True)
    kept = set(names[: random.choice((1, 2, 2, 3))])
    return {name: words for name, words in parts.items() if name in kept}


def _sky(facts: Facts, random: Random) -> str:
    """Sun, moon, clouds or lightning: one or two of those that are there."""
    says = []
    if facts.light:
        says.append(random.choice(LIGHTS[facts.light]))
    if facts.lightning:
        says.append(random.choice(LIGHTS["lightning"]))
    if facts.hour != "storm":
        says.append(random.choice(LIGHTS["clouds" if facts.clouds else "clear"]))
    random.shuffle(says)
    return " and ".join(says[: random.choice((1, 1, 2))])


def _thing(thing: Thing, random: Random) -> str:
    """The thing with its number, colour and place, as far as they are worth saying."""
    noun, colour = random.choice(NOUNS[thing.kind]), _colour(thing, random)
    tail = f" {random.choice(PLACES[thing.place])}" if thing.place and random.random() < 0.6 else ""
    if thing.kind == "boat" and thing.count == 1 and colour and random.random() < 0.35:
        return f"a {noun} with {_a(colour)} sail{tail}"
    if thing.count > 1:
        return " ".join((random.choice(NUMBERS[thing.count]), colour, _plural(noun))).replace("  ", " ") + tail
    return _a(f"{colour} {noun}".strip()) + tail


def _colour(thing: Thing, random: Random) -> str:
    """Colours that go without saying are said seldom."""
    if thing.colour == "green" and thing.kind != "balloon":
        return "green" if random.random() < 0.2 else ""
    if thing.kind == "tree" and thing.colour == "pink" and random.random() < 0.3:
        return "cherry"
    if thing.kind == "lighthouse" and random.random() < 0.3:
        return f"{thing.colour} and white"
    return thing.colour if random.random() < 0.88 else ""


def _list(parts: dict[str, str], random: Random) -> str:
    """The parts one after the other, in any order, the way tags are typed."""
    words = list(parts.values())
    random.shuffle(words)
    return ", ".join(words)


def _sentence(parts: dict[str, str], facts: Facts, random: Random) -> str:
    """Things in their place at their hour, then what is behind and above."""
    opening = _opening(parts, facts, random)
    if "hour" in parts and "ground" in parts and random.random() < 0.25:
        opening = f"{random.choice(HOUR_NAMES[facts.hour])} over {opening.removesuffix(' ' + parts['hour'])}"
    rest = [parts[name] for name in ("flowers", "sky") if name in parts and not opening.startswith(parts[name])]
    if "far" in parts and not opening.startswith(parts["far"]):
        behind = random.random() < 0.6 and facts.far != "nothing"
        rest.append(f"{parts['far']} {random.choice(BEHIND)}" if behind else parts["far"])
    random.shuffle(rest)
    if not rest or random.random() < 0.6:
        return ", ".join([opening, *rest])
    return f"{opening} with {' and '.join(rest)}"


def _opening(parts: dict[str, str], facts: Facts, random: Random) -> str:
    """What the sentence is about: the things, or else the land, or whatever is left to say."""
    hour = parts.get("hour", "")
    if "things" in parts:
        place = f"{random.choice(_where(facts))} {parts['ground']}" if "ground" in parts else ""
        return " ".join(word for word in (parts["things"], place, hour) if word)
    for name in ("ground", "far", "flowers", "sky"):
        if name in parts:
            return f"{parts[name]} {hour}".strip() if name != "sky" else f"{parts['sky']}{', ' + hour if hour else ''}"
    return random.choice(HOUR_NAMES[facts.hour]) if random.random() < 0.5 else f"a {random.choice(SCENES)} {hour}"


def _where(facts: Facts) -> Iterable[str]:
    afloat = all(thing.kind == "boat" for thing in facts.things)
    return ("on",) if afloat else WHERE[facts.ground]


def _joined(words: list[str], random: Random) -> str:
    random.shuffle(words)
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _plural(noun: str) -> str:
    return PLURALS.get(noun, f"{noun}s")
