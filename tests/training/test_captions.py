"""Captions tell the truth about the world, in many words."""

from random import Random

import pytest

from training.captions import caption, vocabulary
from training.scenes import Facts, imagine
from training.scenes.facts import AUTUMN_LEAVES, FLOWERS
from training.words import NOUNS, PLACES, PLURALS, RELATIONS, STYLE_STARTS, STYLE_TAGS

MANY = range(3000)
COLOUR_WORDS = {"red", "blue", "yellow", "white", "pink", "orange", "purple", "green", "grey", "black"}


def spoken(number: int) -> tuple[Facts, str, set[str]]:
    facts = imagine(number)
    words = caption(facts, Random(number))
    return facts, words, set(words.replace(",", " ").replace("-", " ").split())


@pytest.mark.parametrize("kind", sorted(NOUNS))
def test_captions_name_only_things_that_are_there(kind: str) -> None:
    others = {
        word
        for name, nouns in NOUNS.items()
        if name != kind
        for noun in nouns
        for word in noun.replace("-", " ").split()
    }
    own = {word for noun in NOUNS[kind] for word in noun.replace("-", " ").split()} - others
    own |= {f"{word}s" for word in own} | {PLURALS[word] for word in own if word in PLURALS}
    for number in MANY:
        facts, _, words = spoken(number)
        if kind not in {thing.kind for thing in facts.things}:
            assert not words & own


def test_captions_name_only_true_circumstances() -> None:
    for number in MANY:
        facts, said, words = spoken(number)
        weather, ground = facts.weather, facts.ground
        wet = facts.feature in ("river", "bridge")
        true = {
            "night": facts.hour == "night", "stars": facts.stars, "starry": facts.stars,
            "sunset": facts.hour == "sunset", "evening": facts.hour == "sunset", "dusk": facts.hour == "sunset",
            "dawn": facts.hour == "dawn", "sunrise": facts.hour == "dawn", "morning": facts.hour == "dawn",
            "noon": facts.hour == "day", "day": facts.hour == "day", "daylight": facts.hour == "day",
            "storm": weather == "storm", "thunderstorm": weather == "storm", "stormy": weather == "storm",
            "rain": weather == "rain", "rains": weather == "rain", "rainy": weather == "rain",
            "snowflakes": weather == "snowfall", "snowfall": weather == "snowfall", "snowstorm": weather == "snowfall",
            "falling": weather == "snowfall", "fog": weather == "fog", "foggy": weather == "fog",
            "mist": weather == "fog", "misty": weather == "fog", "rainbow": weather == "rainbow",
            "sun": facts.light == "sun", "moon": facts.light == "moon", "lightning": facts.lightning,
            "clouds": facts.clouds, "cloudy": facts.clouds, "clear": weather == "clear",
            "sea": ground == "sea", "ocean": ground == "sea", "beach": ground == "beach", "seaside": ground == "beach",
            "lake": ground == "lake", "desert": ground == "desert", "autumn": ground == "autumn",
            "meadow": ground == "meadow", "forest": ground == "forest", "woods": ground == "forest",
            "street": ground == "city", "town": ground == "city", "city": ground == "city" or facts.far == "skyline",
            "hills": facts.far == "hills", "rocky": facts.far == "mountains", "capped": facts.far == "snowy mountains",
            "horizon": facts.far == "nothing", "skyline": facts.far == "skyline", "island": facts.far == "island",
            "flowers": bool(facts.flowers), "road": facts.feature == "road", "fence": facts.feature == "fence",
            "river": wet, "stream": facts.feature == "river", "bridge": facts.feature == "bridge",
            "two": any(thing.count == 2 for thing in facts.things),
            "three": any(thing.count == 3 for thing in facts.things),
        }  # fmt: skip
        assert not [word for word in words & set(true) if not true[word]], said
        for place, phrases in PLACES.items():
            if any(phrase in said for phrase in phrases):
                assert place in {thing.place for thing in facts.things}, said


def test_captions_name_only_the_style_that_is_there() -> None:
    marks = {"watercolour": {"watercolour", "watercolor"}, "ink": {"ink", "pen"}, "neon": {"neon", "glowing"},
             "pixel art": {"pixel"}, "low poly": {"poly"}}  # fmt: skip
    for number in MANY:
        facts, said, words = spoken(number)
        for style, own in marks.items():
            assert not words & own or facts.style == style, said
        if facts.style != "flat":
            assert not said.startswith(("a painting of", "a drawing of", "an illustration of")), said


def test_a_style_and_bad_weather_are_mostly_said() -> None:
    styled, wet = [], []
    for number in MANY:
        facts, said, words = spoken(number)
        if facts.style != "flat":
            styled.append(any(phrase in said for phrase in (*STYLE_STARTS[facts.style], *STYLE_TAGS[facts.style])))
        if facts.weather == "rain":
            wet.append(bool(words & {"rain", "rains", "rainy"}))
    assert 0.8 < sum(styled) / len(styled) < 0.95
    assert sum(wet) / len(wet) > 0.8


def test_colours_before_nouns_are_true() -> None:
    for number in MANY:
        facts, said, _ = spoken(number)
        for thing in facts.things:
            for noun in NOUNS[thing.kind]:
                before = (
                    said.replace("red and white", "red").replace("blue and white", "blue").split(f" {noun}")[0].split()
                )
                if f" {noun}" in said and before and before[-1] in COLOUR_WORDS:
                    assert before[-1] in {thing.colour for thing in facts.things}, said


def test_colours_of_roofs_and_coats_are_true() -> None:
    for number in MANY:
        facts, said, _ = spoken(number)
        words = said.replace(",", "").replace("coats", "coat").split()
        told = {word: words[words.index(word) - 1] for word in ("roof", "coat") if word in words}
        assert told.get("roof", "") in {"", *(thing.roof for thing in facts.things)}, said
        assert told.get("coat", "") in {"", *(thing.colour for thing in facts.things if thing.kind == "figure")}, said


def test_relations_in_captions_are_true() -> None:
    for number in MANY:
        facts, said, _ = spoken(number)
        for relation, phrases in RELATIONS.items():
            for phrase in phrases:
                if phrase in ("behind", "over"):  # said of mountains, balloons and bridges as well
                    continue
                assert f" {phrase} " not in f" {said} " or facts.relation == relation, said


def test_the_vocabulary_is_what_captions_use_no_more_and_no_less() -> None:
    used: set[str] = set()
    for number in range(16000):
        used |= set(caption(imagine(number), Random(number)).replace(",", " , ").replace("-", " - ").split())
    assert used == set(vocabulary())
    assert set(FLOWERS) | set(AUTUMN_LEAVES) <= used


def test_captions_vary_and_are_often_short() -> None:
    said = [caption(imagine(4), Random(number)) for number in range(200)]
    assert len(set(said)) > 150
    assert sum(len(words.split()) < 8 for words in said) > 20
