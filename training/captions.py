"""From facts to words: many ways to say what is true of a scene, and sometimes only a part of it.

People type short prompts, so a good share of the captions is short. A caption never says what is not so.
"""

from collections.abc import Sequence
from random import Random

from training.scenes import Facts, Thing
from training.scenes.facts import FLYING, GROUPS
from training.words import (
    BEHIND,
    FARS,
    FEATURES,
    GROUNDS,
    HOUR_NAMES,
    HOUR_TAGS,
    HOURS,
    LIGHTS,
    NOUNS,
    NUMBERS,
    OTHERS,
    PLACES,
    PLAIN_STARTS,
    PLURALS,
    RELATIONS,
    SCENES,
    STARTS,
    STYLE_STARTS,
    STYLE_TAGS,
    TABLES,
    WEATHER_TAGS,
    WEATHERS,
    WHERE,
)

WEIGHTS = {"things": 5, "ground": 2, "hour": 2, "far": 1.5, "weather": 1.5, "feature": 1.2, "sky": 1, "flowers": 1}
CLOSED = ("storm", "rain", "snowfall", "fog")  # weathers that leave no sky to be seen
OPEN_SKY = {"blue", "bright", "red", "orange", "pink", "light"}  # words that need one


def caption(facts: Facts, random: Random) -> str:
    """One true sentence about the scene; one in three keeps to one or two facts."""
    parts = _parts(facts, random)
    if random.random() < 0.35:
        parts = _few(parts, random)
    listed = random.random() < 0.3
    words = _list(parts, facts, random) if listed else _sentence(parts, facts, random)
    return _styled(words, facts, random, listed)


def vocabulary() -> list[str]:
    """Every word that a caption can hold, sorted."""
    phrases = [phrase for table in TABLES for said in table.values() for phrase in said]
    phrases += [_plural(noun) for kind in GROUPS for noun in NOUNS[kind]]
    phrases += [*BEHIND, *STARTS, *SCENES, *OTHERS]
    return sorted({word for phrase in phrases for word in phrase.replace("-", " - ").split()})


def _parts(facts: Facts, random: Random) -> dict[str, str]:
    """Each fact in words. What has no words (no flowers, no far layer) is left out."""
    parts = {
        "things": _things(facts, random),
        "flowers": f"{facts.flowers} flowers" if facts.flowers else "",
        "ground": _say(GROUNDS[facts.ground], facts, random),
        "feature": random.choice(FEATURES[facts.feature]) if facts.feature else "",
        "far": _far(facts, random),
        "hour": _say(HOURS[facts.hour], facts, random),
        "weather": _say(WEATHERS[facts.weather], facts, random) if facts.weather in WEATHERS else "",
        "sky": _sky(facts, random),
    }
    return {name: words for name, words in parts.items() if words}


def _say(phrases: Sequence[str], facts: Facts, random: Random) -> str:
    """One of the phrases that this scene bears out."""
    return random.choice([phrase for phrase in phrases if _true(set(phrase.split()), facts)])


def _true(words: set[str], facts: Facts) -> bool:
    """Whether the sky, the hour and the season bear out what a phrase says in passing."""
    return not (
        (words & {"stars", "starry"} and not facts.stars)
        or (words & OPEN_SKY and facts.weather in CLOSED)
        or ("day" in words and facts.hour != "day")
        or ("summer" in words and facts.ground in ("snow", "autumn"))
    )


def _few(parts: dict[str, str], random: Random) -> dict[str, str]:
    """One to three parts; things first of all, for that is what people ask for. Weather that shows is mostly said."""
    names = sorted(parts, key=lambda name: random.random() ** (1 / WEIGHTS[name]), reverse=True)
    kept = set(names[: random.choice((1, 2, 2, 3))])
    if random.random() < 0.75:
        kept.add("weather")
    return {name: words for name, words in parts.items() if name in kept}


def _far(facts: Facts, random: Random) -> str:
    """What lies far off. That nothing does is said seldom, and only where the horizon is bare."""
    if facts.far != "nothing":
        return random.choice(FARS[facts.far])
    bare = facts.ground not in ("forest", "city") and facts.weather != "fog"
    return random.choice(FARS["nothing"]) if bare and random.random() < 0.3 else ""


def _sky(facts: Facts, random: Random) -> str:
    """Sun, moon, clouds or lightning: one or two of those that are there."""
    says = []
    if facts.light:
        says.append(random.choice(LIGHTS[facts.light]))
    if facts.lightning:
        says.append(random.choice(LIGHTS["lightning"]))
    if facts.weather in ("clear", "clouds"):
        says.append(random.choice(LIGHTS[facts.weather]))
    random.shuffle(says)
    return " and ".join(says[: random.choice((1, 1, 2))])


def _things(facts: Facts, random: Random) -> str:
    """All things, as a list or by the way in which two of them stand."""
    if facts.relation and random.random() < 0.75:
        first, second = facts.things
        return " ".join(
            (_thing(first, random, placed=False), random.choice(RELATIONS[facts.relation]), _thing(second, random))
        )
    return _joined([_thing(thing, random) for thing in facts.things], random)


def _thing(thing: Thing, random: Random, placed: bool = True) -> str:
    """The thing with its number, colour and place, as far as they are worth saying."""
    tail = f" {random.choice(PLACES[thing.place])}" if placed and thing.place and random.random() < 0.6 else ""
    noun, colour = random.choice(NOUNS[thing.kind]), _colour(thing, random)
    if thing.kind == "birds":
        return f"{random.choice(('a flock of', '', 'some'))} {colour} birds".strip().replace("  ", " ") + tail
    if thing.kind == "figure":
        return _person(thing, noun, colour, random) + tail
    if thing.kind == "boat" and thing.count == 1 and colour and random.random() < 0.35:
        return f"a {noun} with {_a(colour)} sail{tail}"
    if thing.count > 1:
        return " ".join((random.choice(NUMBERS[thing.count]), colour, _plural(noun))).replace("  ", " ") + tail
    roof = f" with {_a(thing.roof)} roof" if thing.roof and random.random() < 0.8 else ""
    return _a(f"{colour} {noun}".strip()) + roof + tail


def _person(thing: Thing, noun: str, colour: str, random: Random) -> str:
    """People are told apart by their coats."""
    wearing = random.choice(("in", "wearing"))
    if thing.count > 1:
        people = f"{random.choice(NUMBERS[thing.count])} {_plural(noun)}"
        return f"{people} {wearing} {colour} coats" if colour else people
    return f"{_a(noun)} {wearing} {_a(colour)} coat" if colour else _a(noun)


def _colour(thing: Thing, random: Random) -> str:
    """Colours that go without saying are said seldom."""
    if thing.colour == "green" and thing.kind != "balloon":
        return "green" if random.random() < 0.2 else ""
    if thing.kind == "tree" and thing.colour == "pink" and random.random() < 0.3:
        return "cherry"
    if thing.kind == "lighthouse" and random.random() < 0.3:
        return f"{thing.colour} and white"
    return thing.colour if random.random() < (0.4 if thing.kind == "birds" else 0.88) else ""


def _list(parts: dict[str, str], facts: Facts, random: Random) -> str:
    """The parts one after the other, in any order, the way tags are typed."""
    tags = dict(parts)
    if "hour" in parts and random.random() < 0.6:
        tags["hour"] = _say(HOUR_TAGS[facts.hour], facts, random)
    if "weather" in parts and random.random() < 0.7:
        tags["weather"] = _say(WEATHER_TAGS[facts.weather], facts, random)
    words = list(tags.values())
    random.shuffle(words)
    return ", ".join(words)


def _sentence(parts: dict[str, str], facts: Facts, random: Random) -> str:
    """Things in their place at their hour and in their weather, then what is behind and above."""
    opening = _opening(parts, facts, random)
    names = [phrase for phrase in HOUR_NAMES[facts.hour] if _true(set(phrase.split()), facts)]
    if "hour" in parts and "ground" in parts and names and random.random() < 0.25:
        opening = f"{random.choice(names)} over {opening.replace(' ' + parts['hour'], '', 1)}"
    rest = [
        parts[name] for name in ("flowers", "feature", "sky") if name in parts and not opening.startswith(parts[name])
    ]
    if "far" in parts and not opening.startswith(parts["far"]):
        behind = random.random() < 0.6 and facts.far != "nothing"
        rest.append(f"{parts['far']} {random.choice(BEHIND)}" if behind else parts["far"])
    random.shuffle(rest)
    if not rest or random.random() < 0.6:
        return ", ".join([opening, *rest])
    return f"{opening} with {' and '.join(rest)}"


def _opening(parts: dict[str, str], facts: Facts, random: Random) -> str:
    """What the sentence is about: the things, or else the land, or whatever is left to say."""
    when = [parts[name] for name in ("hour", "weather") if name in parts]
    random.shuffle(when)
    if "things" in parts:
        place = f"{random.choice(_where(facts))} {parts['ground']}" if "ground" in parts else ""
        return " ".join(word for word in (parts["things"], place, *when) if word)
    for name in ("ground", "far", "feature", "flowers"):
        if name in parts:
            return " ".join((parts[name], *when))
    if "sky" in parts:
        return ", ".join((parts["sky"], *when))
    return " ".join((f"a {random.choice(SCENES)}", *when)) if when else f"a {random.choice(SCENES)}"


def _where(facts: Facts) -> Sequence[str]:
    kinds = {thing.kind for thing in facts.things}
    if kinds <= set(FLYING):
        return ("over",)
    if kinds == {"boat"}:
        return ("on",) if facts.ground != "beach" else ("at", "by")
    return WHERE[facts.ground]


def _styled(words: str, facts: Facts, random: Random, listed: bool) -> str:
    """The manner of painting, mostly said unless it is the usual one; or how a sentence about a picture may start."""
    if random.random() > (0.12 if facts.style == "flat" else 0.88):
        starts = STARTS if facts.style == "flat" else PLAIN_STARTS
        return f"{random.choice(starts)} {words}" if random.random() < 0.1 else words
    if not listed and random.random() < 0.55:
        return f"{random.choice(STYLE_STARTS[facts.style])} {words}"
    tag = random.choice(STYLE_TAGS[facts.style])
    return f"{tag}, {words}" if random.random() < 0.5 else f"{words}, {tag}"


def _joined(words: list[str], random: Random) -> str:
    random.shuffle(words)
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _plural(noun: str) -> str:
    return PLURALS.get(noun, f"{noun}s")
