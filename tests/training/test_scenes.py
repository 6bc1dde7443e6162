"""The world is the same for everybody, and its pictures show what the facts say."""

from collections import Counter
from colorsys import rgb_to_hsv
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from training.scenes import SIDE, Facts, Thing, draw, draw_with_mask, imagine, size_of
from training.scenes.facts import COLOURS, HOURS, RELATIONS, STYLES, WALLS, WEATHERS
from training.scenes.facts import PLACES as PLACE_NAMES
from training.scenes.imagination import SIZES
from training.scenes.things import reach, spots

MANY = range(3000)
HUES = {  # in degrees, as colour wheels have them
    "red": (-12, 15), "orange": (20, 38), "yellow": (40, 60), "green": (95, 150), "blue": (205, 230),
    "purple": (265, 295), "pink": (325, 350),
}  # fmt: skip
Pixels = np.ndarray


def painted(facts: Facts, seed: int = 3, size: tuple[int, int] = (SIDE, SIDE)) -> Pixels:
    """Channels [height, width, 3] of the picture."""
    return np.asarray(draw(facts, seed, size), dtype=np.float64)


def of_things(facts: Facts, seed: int = 3) -> Pixels:
    """Colours [n, 3] of all pixels that the mask of things covers wholly."""
    picture, mask = draw_with_mask(facts, seed)
    return np.asarray(picture, dtype=np.float64)[np.asarray(mask) == 255]


def share_of_hue(colours: Pixels, colour: str) -> float:
    """How many of the colours are vivid and of that hue."""
    low, high = HUES[colour]
    hits = 0
    for red, green, blue in colours / 255:
        hue, saturation, value = rgb_to_hsv(red, green, blue)
        degrees = hue * 360 - (360 if hue * 360 > 348 else 0)
        hits += low <= degrees <= high and saturation > 0.3 and value > 0.35
    return hits / len(colours)


def test_a_scene_number_is_always_the_same_picture() -> None:
    for number in range(12):
        first, second = (draw(imagine(number), number) for _ in range(2))
        assert first.size == (256, 256)
        assert first.mode == "RGB"
        assert first.tobytes() == second.tobytes()
    assert first.tobytes() != draw(imagine(6), 6).tobytes()


def test_every_kind_of_scene_can_be_drawn() -> None:
    scenes = [imagine(number) for number in range(900)]
    assert {thing.kind for facts in scenes for thing in facts.things} == set(COLOURS)
    for number, facts in enumerate(scenes[:60]):
        assert len(draw(facts, number).reduce(16).getcolors()) > 20


def test_scenes_are_as_common_as_they_should_be() -> None:
    scenes = [imagine(number) for number in MANY]
    styles, weathers = (Counter(getattr(facts, name) for facts in scenes) for name in ("style", "weather"))
    assert set(styles) == set(STYLES)
    assert set(weathers) == set(WEATHERS)
    assert 0.32 < styles["flat"] / len(scenes) < 0.38
    assert all(0.10 < styles[style] / len(scenes) < 0.16 for style in STYLES if style != "flat")
    assert 0.55 < (weathers["clear"] + weathers["clouds"]) / len(scenes) < 0.72
    assert {facts.relation for facts in scenes} == {"", *RELATIONS}


def test_weather_comes_only_where_and_when_it_can() -> None:
    for number in MANY:
        facts = imagine(number)
        assert not (facts.hour == "night" and facts.weather in ("storm", "rainbow"))
        assert not (facts.ground == "desert" and facts.weather in ("rain", "snowfall"))
        assert not (facts.light and facts.weather not in ("clear", "clouds"))
        assert facts.weather == "storm" or not facts.lightning


def test_the_mask_covers_things_and_nothing_else() -> None:
    for number in range(40):
        facts = imagine(number)
        share = sum(draw_with_mask(facts, number)[1].histogram()[128:]) / 256**2
        assert (share > 0.002) == bool(facts.things or facts.flowers)
        assert share < 0.5


def test_most_pictures_have_the_usual_size_and_all_fit_the_autoencoder() -> None:
    sizes = Counter(size_of(number) for number in MANY)
    assert set(sizes) == {(SIDE, SIDE), *SIZES}
    assert 0.66 < sizes[SIDE, SIDE] / len(MANY) < 0.74
    assert all(side % 64 == 0 for size in sizes for side in size)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_paints_every_size_exactly(style: str) -> None:
    for number, size in enumerate(SIZES):
        picture, mask = draw_with_mask(replace(imagine(number), style=style), number, size)
        assert picture.size == mask.size == size


@pytest.mark.parametrize("size", [(SIDE, SIDE), *SIZES])
def test_the_horizon_lies_at_a_share_of_the_height(size: tuple[int, int]) -> None:
    """Sand is warm and a day's sky is cold, so the horizon is where the one gives way to the other."""
    pixels = painted(Facts("day", "desert"), size=size)
    warm = (pixels[..., 0] > pixels[..., 2]).mean(axis=1) > 0.5
    horizon = warm.argmax() / size[1]
    assert warm[warm.argmax() :].all()
    assert 0.54 < horizon < 0.70


@pytest.mark.parametrize("size", [(192, 192), (512, 256), (192, 384)])
def test_things_stand_at_their_column_and_keep_their_shape(size: tuple[int, int]) -> None:
    for place, centre in (("left", 0.19), ("centre", 0.5), ("right", 0.81)):
        mask = draw_with_mask(Facts("day", "meadow", things=(Thing("balloon", "red", place),)), 4, size)[1]
        left, top, right, bottom = mask.getbbox()
        assert abs((left + right) / 2 / size[0] - centre) < 0.06
        assert 1.2 < (bottom - top) / (right - left) < 1.7
        assert 0.24 < (bottom - top) / min(size) < 0.36


@pytest.mark.parametrize("colour", sorted(HUES))
def test_a_thing_has_its_colour_by_day(colour: str) -> None:
    for kind in ("house", "balloon", "boat", "figure", "tree"):
        if colour in COLOURS[kind]:
            ground = "lake" if kind == "boat" else "meadow"
            colours = of_things(Facts("day", ground, things=(Thing(kind, colour, "left"),)))
            found = {other: share_of_hue(colours, other) for other in COLOURS[kind] if other in HUES}
            assert found[colour] > 0.14, (kind, found)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("hour", HOURS)
def test_walls_of_two_colours_differ_in_every_light_and_style(style: str, hour: str) -> None:
    means = [
        of_things(Facts(hour, "meadow", style=style, things=(Thing("house", wall, "centre", roof="green"),))).mean(
            axis=0
        )
        for wall in WALLS
    ]
    for index, mean in enumerate(means):
        for other in means[:index]:
            assert np.linalg.norm(mean - other) > 14


def test_a_roof_has_its_own_colour() -> None:
    colours = of_things(Facts("day", "snow", things=(Thing("house", "white", "centre", roof="purple"),)))
    assert share_of_hue(colours, "purple") > 0.15
    assert share_of_hue(of_things(Facts("day", "snow", things=(Thing("house", "white", "centre"),))), "purple") == 0


@pytest.mark.parametrize("style", STYLES)
def test_night_is_darker_than_day(style: str) -> None:
    day, night = (painted(Facts(hour, "lake", "hills", style=style)).mean() for hour in ("day", "night"))
    assert night < 0.75 * day


@pytest.mark.parametrize("style", STYLES)
def test_a_storm_is_darker_than_a_clear_day(style: str) -> None:
    clear, storm = (
        painted(Facts("day", "meadow", weather=weather, style=style)).mean() for weather in ("clear", "storm")
    )
    assert storm < 0.93 * clear


@pytest.mark.parametrize("hour", ["dawn", "day", "sunset"])
def test_fog_pales_the_far_layer(hour: str) -> None:
    """Above a horizon at more than half the height, and below the highest cloud, there is nothing but sky and peaks."""
    clear, fog = (painted(Facts(hour, "meadow", "mountains", weather)) for weather in ("clear", "fog"))
    rows = slice(112, 140)
    assert 2 < fog[rows].std(axis=1).mean() < 0.5 * clear[rows].std(axis=1).mean()


def test_it_rains_in_streaks_and_snows_in_white_flakes() -> None:
    dry, rain, snow = (painted(Facts("night", "lake", weather=weather)) for weather in ("fog", "rain", "snowfall"))
    rough = [np.abs(np.diff(pixels.mean(axis=-1), axis=1)).mean() for pixels in (dry, rain, snow)]
    assert rough[1] > 2 * rough[0]
    white = [(pixels.min(axis=-1) > 220).mean() for pixels in (dry, rain, snow)]
    assert white[2] > 0.005 > max(white[:2])


def test_a_rainbow_has_all_its_colours_in_order() -> None:
    pixels = painted(Facts("day", "snow", weather="rainbow"), seed=8)
    vivid = [
        colour for colour in ("red", "yellow", "green") if share_of_hue(pixels[:140].reshape(-1, 3), colour) > 0.004
    ]
    assert vivid == ["red", "yellow", "green"]
    rows = {colour: np.argwhere(_hue_mask(pixels, colour))[:, 0].min() for colour in ("red", "yellow", "green")}
    assert rows["red"] < rows["yellow"] < rows["green"]


def _hue_mask(pixels: Pixels, colour: str) -> np.ndarray:
    red, green, blue = np.moveaxis(pixels[:140], -1, 0)
    return {
        "red": (red > green + 60) & (red > blue + 60),
        "yellow": (red > blue + 50) & (green > blue + 50) & (abs(red - green) < 50),
        "green": (green > red + 20) & (green > blue + 20),
    }[colour]


def test_pixel_art_is_made_of_whole_squares() -> None:
    for number in range(12):
        pixels = painted(replace(imagine(number), style="pixel art"), number)
        assert (pixels == np.kron(pixels[::4, ::4], np.ones((4, 4, 1)))).all()


def test_pixel_art_has_few_colours() -> None:
    picture = draw(Facts("sunset", "lake", "mountains", style="pixel art", things=(Thing("boat", "red", "left"),)), 5)
    assert len(picture.getcolors()) < 64
    assert len(draw(Facts("sunset", "lake", "mountains"), 5).getcolors(2**16)) > 500


def test_watercolour_leaves_the_paper_white_around_it() -> None:
    pixels = painted(Facts("night", "sea", style="watercolour"))
    rim = np.concatenate([pixels[:2].reshape(-1, 3), pixels[-2:].reshape(-1, 3)])
    assert rim.mean() > 225
    assert pixels[20:-20, 20:-20].mean() < 120


def test_neon_is_dark_between_bright_lines() -> None:
    facts = Facts("day", "city", things=(Thing("house", "red", "left"),))
    flat, neon = painted(facts), painted(replace(facts, style="neon"))
    assert np.median(neon) < 0.75 * np.median(flat)
    assert (neon.max(axis=-1) > 250).mean() > 0.02


@pytest.mark.parametrize("style", STYLES[1:])
def test_a_style_changes_the_manner_and_keeps_the_scene(style: str) -> None:
    """Seen coarsely, within the margin, a picture in a style correlates with the flat one."""
    facts = Facts(
        "sunset", "lake", "mountains", things=(Thing("boat", "white", "left"), Thing("tree", "green", "right"))
    )
    flat, other = (painted(replace(facts, style=name)) for name in ("flat", style))
    assert np.abs(flat - other).mean() > 3
    coarse = [pixels.reshape(16, 16, 16, 16, 3).mean(axis=(1, 3))[1:-1, 1:-1].ravel() for pixels in (flat, other)]
    assert np.corrcoef(coarse)[0, 1] > 0.6


def test_things_in_one_scene_stand_apart() -> None:
    for number in MANY:
        facts = imagine(number)
        places = [thing.place for thing in facts.things if thing.count == 1]
        assert len({thing.kind for thing in facts.things}) == len(facts.things)
        if not facts.relation:
            assert len(places) == len(set(places)) <= 3
            assert set(places) <= set(PLACE_NAMES)


def test_relations_are_drawn_as_they_are_said() -> None:
    seen = Counter()
    for number in MANY:
        facts = imagine(number)
        if not facts.relation:
            continue
        width, height = (side * SIDE / min(size_of(number)) for side in size_of(number))
        first, second = spots(Random(number), facts, width, height)
        assert (first.kind, second.kind) == tuple(thing.kind for thing in facts.things)
        apart, both = abs(first.x - second.x), reach(first.kind, first.tall) + reach(second.kind, second.tall)
        seen[facts.relation] += 1
        if facts.relation == "above":
            assert first.y + first.tall < second.y - second.tall
            assert apart < both
        elif facts.relation == "beside":
            assert both <= apart < both + 8
        else:
            assert apart < both
            assert (first.y < second.y) == (facts.relation == "behind")
        if facts.relation == "behind":
            assert first.y - first.tall < second.y - second.tall
    assert min(seen[relation] for relation in RELATIONS) > 20


def test_what_stands_behind_is_partly_hidden() -> None:
    house, tree = Thing("house", "red", "centre"), Thing("tree", "pink", "centre")
    hidden = of_things(Facts("day", "meadow", things=(tree, house), relation="behind"))
    alone = of_things(Facts("day", "meadow", things=(tree,)))
    shares = share_of_hue(hidden, "pink") * len(hidden), share_of_hue(alone, "pink") * len(alone)
    assert 0.2 * shares[1] < shares[0] < 0.9 * shares[1]
