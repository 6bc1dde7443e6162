"""The world is the same for everybody, and captions tell the truth about it."""

from random import Random

import pytest

from training.captions import NOUNS, PLACES, caption, vocabulary
from training.scenes import Facts, draw, draw_with_mask, imagine
from training.scenes.facts import AUTUMN_LEAVES, COLOURS, FLOWERS
from training.scenes.facts import PLACES as PLACE_NAMES

MANY = range(3000)
COLOUR_WORDS = {"red", "blue", "yellow", "white", "pink", "orange", "purple", "green"}


def spoken(number: int) -> tuple[Facts, str, set[str]]:
    facts = imagine(number)
    words = caption(facts, Random(number))
    return facts, words, set(words.replace(",", " ").replace("-", " ").split())


def test_a_scene_number_is_always_the_same_picture() -> None:
    first, second = (draw(imagine(5), 5) for _ in range(2))
    assert first.size == (256, 256)
    assert first.mode == "RGB"
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != draw(imagine(6), 6).tobytes()


def test_every_kind_of_scene_can_be_drawn() -> None:
    scenes = [imagine(number) for number in range(200)]
    assert {thing.kind for facts in scenes for thing in facts.things} == set(COLOURS)
    for number, facts in enumerate(scenes[:60]):
        assert len(draw(facts, number).reduce(16).getcolors()) > 20


def test_the_mask_covers_things_and_nothing_else() -> None:
    for number in range(40):
        facts = imagine(number)
        share = sum(draw_with_mask(facts, number)[1].histogram()[128:]) / 256**2
        assert (share > 0.005) == bool(facts.things or facts.flowers)
        assert share < 0.5


def test_things_in_one_scene_stand_apart() -> None:
    for number in MANY:
        facts = imagine(number)
        places = [thing.place for thing in facts.things if thing.count == 1]
        assert len(places) == len(set(places)) <= 3
        assert set(places) <= set(PLACE_NAMES)
        assert len({thing.kind for thing in facts.things}) == len(facts.things)


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
    for number in MANY:
        facts, _, words = spoken(number)
        if kind not in {thing.kind for thing in facts.things}:
            assert not words & (own | {f"{word}s" for word in own})


def test_captions_name_only_true_circumstances() -> None:
    for number in MANY:
        facts, said, words = spoken(number)
        true = {
            "night": facts.hour == "night", "stars": facts.hour == "night", "sunset": facts.hour == "sunset",
            "evening": facts.hour == "sunset", "dawn": facts.hour == "dawn", "sunrise": facts.hour == "dawn",
            "noon": facts.hour == "day", "storm": facts.hour == "storm", "thunderstorm": facts.hour == "storm",
            "sun": facts.light == "sun", "moon": facts.light == "moon", "lightning": facts.lightning,
            "clouds": facts.clouds, "cloudy": facts.clouds, "clear": not facts.clouds,
            "sea": facts.ground == "sea", "beach": facts.ground == "sea", "lake": facts.ground == "lake",
            "desert": facts.ground == "desert", "autumn": facts.ground == "autumn", "meadow": facts.ground == "meadow",
            "hills": facts.far == "hills", "rocky": facts.far == "mountains", "capped": facts.far == "snowy mountains",
            "horizon": facts.far == "nothing", "flowers": bool(facts.flowers),
            "two": any(thing.count == 2 for thing in facts.things),
            "three": any(thing.count == 3 for thing in facts.things),
        }  # fmt: skip
        assert not [word for word in words & set(true) if not true[word]], said
        for place, phrases in PLACES.items():
            if any(phrase in said for phrase in phrases):
                assert place in {thing.place for thing in facts.things}, said


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


def test_the_vocabulary_is_what_captions_use_no_more_and_no_less() -> None:
    used: set[str] = set()
    for number in range(12000):
        used |= set(caption(imagine(number), Random(number)).replace(",", " , ").replace("-", " - ").split())
    assert used == set(vocabulary())
    assert set(FLOWERS) | set(AUTUMN_LEAVES) <= used


def test_captions_vary_and_are_often_short() -> None:
    said = [caption(imagine(4), Random(number)) for number in range(200)]
    assert len(set(said)) > 150
    assert sum(len(words.split()) < 8 for words in said) > 20
