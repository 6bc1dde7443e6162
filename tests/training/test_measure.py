"""The measures find what is known to be so."""

import json
import math
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageChops
from scipy import ndimage, stats

from pipelines.errors import InvalidRequest, ModelError
from pipelines.parts import Margins, Sampling
from pipelines.requests import Inpaint, Outpaint, Request, TextToImage
from training import measure
from training.drawings import FIRST_HELD_OUT
from training.judge import Judge
from training.labels import SCENE, Seen
from training.measures import copies, cost, editing, following, variety
from training.measures.artist import MOST_STEPS, Artist, artist, settings
from training.measures.claims import Example, examples, named, says
from training.measures.likeness import composition, mean_distance, nearest, psnr, seam, ssim
from training.measures.rows import Row, fingerprint, interval, keep, share, table
from training.measures.trial import Trial
from training.scenes import SIDE, Facts, Thing, draw, imagine

SMALL = (64, 64)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


# ---- pictures beside pictures


def test_psnr_of_a_constant_shift_is_known() -> None:
    picture = noise(2, 3, 16, 16) / 2
    shift = torch.tensor([0.02, 0.2]).view(2, 1, 1, 1)
    expected = [20 * math.log10(2 / 0.02), 20 * math.log10(2 / 0.2)]
    assert psnr(picture, picture + shift).tolist() == pytest.approx(expected, rel=1e-4)


def test_a_picture_is_like_itself_and_flat_pictures_differ_in_brightness_alone() -> None:
    picture = noise(1, 3, 20, 24)
    assert ssim(picture, picture).item() == pytest.approx(1)
    a, b, small = 0.5, 0.2, (0.01 * 2) ** 2
    expected = (2 * a * b + small) / (a * a + b * b + small)
    assert ssim(torch.full((1, 3, 16, 16), a), torch.full((1, 3, 16, 16), b)).item() == pytest.approx(expected)


def filtered_ssim(x: np.ndarray, y: np.ndarray) -> float:
    """The definition once more, by scipy's Gaussian filter cut to 11 × 11, on one colour [height, width]."""

    def mean(values: np.ndarray) -> np.ndarray:
        return ndimage.gaussian_filter(values, 1.5, truncate=3.5)[5:-5, 5:-5]

    one, two = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    return float((((2 * mx * my + one) * (2 * cov + two)) / ((mx**2 + my**2 + one) * (vx + vy + two))).mean())


def test_ssim_is_that_of_the_definition() -> None:
    first = noise(2, 3, 30, 41, seed=1)
    second = (first + 0.4 * noise(2, 3, 30, 41, seed=2)).clamp(-1, 1)
    x, y = first.double().numpy(), second.double().numpy()
    expected = [np.mean([filtered_ssim(x[n, c], y[n, c]) for c in range(3)]) for n in range(2)]
    np.testing.assert_allclose(ssim(first, second).numpy(), expected, rtol=1e-9)


def test_composition_is_compared_by_the_root_mean_square_of_colours() -> None:
    flat = torch.tensor([[0.1, 0.2, 0.3], [0.1, 0.5, -0.1]]).view(2, 3, 1, 1).expand(2, 3, 64, 32)
    points = composition(flat)
    assert points.shape == (2, 768)
    assert mean_distance(points) == pytest.approx(math.sqrt((0.3**2 + 0.4**2) / 3), rel=1e-5)


def test_distances_are_those_of_geometry() -> None:
    corners = torch.eye(4)
    assert mean_distance(corners) == pytest.approx(math.sqrt(2))
    points, others = noise(5, 3), noise(7, 3, seed=1)
    brute = [min(math.dist(a, b) for b in others.tolist()) for a in points.tolist()]
    assert nearest(points, others).tolist() == pytest.approx(brute, rel=1e-5)


def test_a_ramp_has_no_seam_and_a_step_has_its_height() -> None:
    ramp = (torch.arange(64.0) / 40 - 0.8).expand(3, 10, 64)
    at, near = seam(ramp, 32)
    assert at == pytest.approx(1 / 40, rel=1e-4)
    assert near == pytest.approx(1 / 40, rel=1e-4)
    stepped = ramp.clone()
    stepped[..., 32:] += 0.5
    at, near = seam(stepped, 32)
    assert at == pytest.approx(0.5 + 1 / 40, rel=1e-4)
    assert near == pytest.approx(1 / 40, rel=1e-4)
    assert seam(stepped, 20)[1] > near  # from there the step is near, but not at the join


# ---- rows


@pytest.mark.parametrize(("hits", "trials"), [(0, 8), (3, 8), (190, 200), (200, 200)])
def test_the_interval_is_wilsons(hits: int, trials: int) -> None:
    expected = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    assert interval(hits, trials) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_a_share_says_where_it_comes_from() -> None:
    row = share("ground", [True, True, False, True], 95.0, "captions")
    assert (row.value, row.reached, row.how) == (75.0, False, "captions; n = 4")
    assert row.low < 75 < row.high
    assert share("ground", [], 95.0, "captions").reached is False


def test_bars_are_floors_or_ceilings_or_none() -> None:
    assert Row("a", 1.2, 1.3, "", at_most=True).reached is True
    assert Row("a", 1.4, 1.3, "", at_most=True).reached is False
    assert Row("a", 1.4, 1.3, "").reached is True
    assert Row("a", 1.4, None, "").reached is None
    lines = table([Row("seam", 1.4, 1.3, "how it was", at_most=True), Row("s", 1, None, "")]).splitlines()
    assert "FALLS SHORT" in lines[0]
    assert "≤ 1.3" in lines[0]
    assert "how it was" in lines[0]
    assert len(lines) == 2


def test_rows_are_kept_by_name_and_only_those_of_the_same_model(tmp_path: Path) -> None:
    path = tmp_path / "measures.json"
    keep([Row("a", 1.0, 2.0, "how"), Row("b", 3.0, None, "how")], "one", path)
    keep([Row("a", 5.0, 2.0, "again", low=4.0, high=6.0)], "one", path)
    told = json.loads(path.read_text())
    assert {name: row["value"] for name, row in told.items()} == {"a": 5.0, "b": 3.0}
    assert told["a"] == {
        "name": "a", "value": 5.0, "bar": 2.0, "how": "again", "unit": "%", "at_most": False,
        "low": 4.0, "high": 6.0, "reached": True, "model": "one",
    }  # fmt: skip
    assert told["b"]["reached"] is None
    keep([Row("c", 1.0, None, "how")], "two", path)
    assert list(json.loads(path.read_text())) == ["c"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["measures.json"]


def test_a_fingerprint_is_of_the_weights_alone(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "a.safetensors").write_bytes(b"weights")
    first = fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("words")
    assert fingerprint(tmp_path) == first
    (tmp_path / "unet" / "a.safetensors").write_bytes(b"weightz")
    assert fingerprint(tmp_path) != first
    assert len(first) == 12


# ---- captions

SHORE = Facts(
    "dawn", "beach", "island", "clouds", "ink",
    things=(Thing("palm", "green", "right"), Thing("boat", "white", "left"), Thing("figure", "red", "centre")),
)  # fmt: skip


def test_a_claim_is_what_the_words_say() -> None:
    words = (
        "an ink sketch of a boat with a white sail on the left and a person in a red coat by a sandy beach at sunrise"
    )
    example = Example(1, SHORE, words)
    assert example.claims == {"style", "thing", "colour", "place", "pair", "ground", "hour"}
    assert [each.thing.kind for each in example.things] == ["boat", "figure"]
    assert Example(1, SHORE, "a white boat, some clouds").claims == {"thing", "colour", "weather"}
    assert Example(1, SHORE, "the seaside").claims == {"ground"}
    assert Example(1, SHORE, "a view").claims == frozenset()


def test_nouns_are_told_apart() -> None:
    facts = Facts("day", "meadow", things=(Thing("tree", "green", "left"), Thing("pine", "green", "right")))
    assert [each.thing.kind for each in named("a fir tree on the right and a green tree", facts)] == ["pine", "tree"]
    assert [each.thing.kind for each in named("a pine tree in a meadow", facts)] == ["pine"]
    (pine, tree) = named("a fir tree on the right and a green tree", facts)
    assert (pine.colour, pine.place, tree.colour, tree.place) == (False, True, True, False)
    house = Facts("day", "meadow", things=(Thing("house", "blue", "left", roof="red"),))
    (only,) = named("a house with a red roof to the left", house)
    assert (only.colour, only.place) == (False, True)


def test_phrases_are_whole_words_of_one_answer() -> None:
    assert says("a street in the rain", "weather", "rain")
    assert not says("a rainbow", "weather", "rain")
    assert says("snow-capped mountains far away", "far", "snowy mountains")
    assert says("a snowy field", "ground", "snow")
    assert not says("a field under a cloudy sky", "ground", "snow")


def test_examples_are_held_out_and_claim_what_is_asked() -> None:
    found = list(islice(examples("pair", "hour"), 5))
    assert all(FIRST_HELD_OUT <= a.number < b.number for a, b in pairwise(found))
    for example in found:
        first, second = example.pair
        assert first.thing.colour != second.thing.colour
        assert {"pair", "hour"} <= example.claims
        assert example.facts == imagine(example.number)


def test_right_is_what_the_caption_claims() -> None:
    example = Example(1, SHORE, "a white boat on the left and a person in a red coat at sunrise")
    boat, person = Thing("boat", "white", "left"), Thing("figure", "red", "right")
    seen = Seen({"hour": "dawn"}, (boat, person))
    assert all(example.right(claim, seen) for claim in ("hour", "thing", "colour", "place", "pair"))
    red = Seen({"hour": "night"}, (replace(boat, colour="red"), person))
    assert [example.right(claim, red) for claim in ("hour", "thing", "colour", "place", "pair")] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert not any(example.right(claim, Seen({}, (person,))) for claim in ("thing", "colour", "place", "pair"))


# ---- a model whose answers are known


class Known(Trial):
    """A trial before a judge who cannot err: it has been told what each picture shows."""

    def look(self, pictures: list[Image.Image]) -> list[Seen]:
        return [SHOWN[picture.tobytes()] for picture in pictures]


SHOWN: dict[bytes, Seen] = {}


def told(facts: Facts, number: int, size: tuple[int, int] = SMALL) -> Image.Image:
    """A patch of colour that stands for the drawing of a scene."""
    picture = Image.new("RGB", size, (number % 251, number // 251 % 251, hash(facts) % 251))
    SHOWN[picture.tobytes()] = Seen({name: getattr(facts, name) for name in SCENE}, facts.things)
    return picture


def known(run: object, monkeypatch: pytest.MonkeyPatch, count: int = 12) -> Known:
    monkeypatch.setattr("training.measures.trial.draw", told)
    painter = Artist(run=run, copy=lambda picture: picture, sampling=Sampling(steps=3), size=SMALL)
    return Known(artist=painter, judge=Judge(), folder=Path(), count=count)


def test_a_model_that_draws_the_scene_itself_is_always_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(request: TextToImage) -> Image.Image:
        number = request.sampling.seed
        return told(imagine(number), number, (request.size.width, request.size.height))

    rows = following.following(known(run, monkeypatch)) + following.sizes(known(run, monkeypatch))
    assert [row.value for row in rows] == [100.0] * (len(following.QUESTIONS) + len(following.SIZES))
    assert all("the judge gets 100.0 % right; n = " in row.how for row in rows)


def test_a_model_that_only_paints_red_houses_by_day_is_right_as_often_as_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only = Facts("day", "meadow", things=(Thing("house", "red", "left"),))
    rows = {row.name: row for row in following.following(known(lambda _: told(only, 1), monkeypatch, count=40))}
    asked = list(islice((example for example in examples() if "ground" in example.claims), 40))
    meadows = sum(example.facts.ground == "meadow" for example in asked)
    assert rows["ground"].value == pytest.approx(100 * meadows / 40)
    assert rows["two things, two colours"].value == 0
    coloured = list(islice((example for example in examples() if "colour" in example.claims), 40))
    red = sum(each.things[0].thing.kind == "house" and each.things[0].thing.colour == "red" for each in coloured)
    assert rows["its colour"].value == pytest.approx(100 * red / 40)
    assert rows["ground"].bar == 95
    assert rows["ground"].reached is False


def test_a_model_with_one_picture_has_no_variety(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    same = draw(imagine(1), 1, SMALL)
    trial = Trial(Artist(lambda _: same, lambda picture: picture, Sampling(), SMALL), Judge(), Path(), 32)
    assert [row.value for row in variety.variety(trial)] == [0, 0]


def test_a_model_that_draws_has_the_variety_of_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    scenes = {example.words: example.facts for example in islice(examples("hour", "ground"), 2)}

    def run(request: TextToImage) -> Image.Image:
        return draw(scenes[request.prompt], request.sampling.seed, SMALL)

    trial = Trial(Artist(run, lambda picture: picture, Sampling(), SMALL), Judge(), Path(), 32)
    assert [row.value for row in variety.variety(trial)] == pytest.approx([1, 1])


def test_copies_of_training_drawings_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variety, "TRAINING", 6)

    def new(request: TextToImage) -> Image.Image:
        return draw(imagine(request.sampling.seed), request.sampling.seed, SMALL)

    def learnt_by_heart(request: TextToImage) -> Image.Image:
        return draw(imagine(request.sampling.seed % 6), request.sampling.seed % 6, SMALL)

    torch.manual_seed(0)
    judge = Judge()
    for run, expected in ((new, 1.0), (learnt_by_heart, 0.0)):
        trial = Trial(Artist(run, lambda picture: picture, Sampling(), SMALL), judge, Path(), 16)
        rows = variety.novelty(trial)
        assert [row.value for row in rows] == pytest.approx([expected] * 2, abs=1e-3)
        assert all("a copy would give 0.00" in row.how for row in rows)
        assert [row.reached for row in rows] == [expected == 1.0] * 2


def test_copies_are_measured_against_the_drawings() -> None:
    def darker(picture: Image.Image) -> Image.Image:
        return picture.point(lambda value: max(value - 2, 0))

    trial = Trial(Artist(lambda _: Image.new("RGB", SMALL), darker, Sampling(), SMALL), Judge(), Path(), 8)
    decibels, likeness = copies.copies(trial)
    assert decibels.value == pytest.approx(20 * math.log10(255 / 2), abs=1.5)
    assert 0.9 < likeness.value < 1
    assert decibels.reached is True


# ---- editing


def test_the_box_to_repaint_holds_the_old_thing_and_the_new_one() -> None:
    flat = (swap for swap in editing.swaps((SIDE, SIDE)) if imagine(swap.number).style == "flat")
    for swap in islice(flat, 4):
        facts = imagine(swap.number)
        assert facts.things == (swap.old,)
        assert swap.new.kind != swap.old.kind
        assert swap.new.place == swap.old.place
        assert named(swap.words, replace(facts, things=(swap.new,)))
        wanted = draw(replace(facts, things=(swap.new,)), swap.number)
        changed = ImageChops.difference(wanted, swap.picture).convert("L").point(lambda value: 255 * (value > 8))
        outside = ImageChops.subtract(changed, swap.mask)
        assert changed.getbbox() is not None
        assert sum(outside.histogram()[128:]) < 0.002 * SIDE**2
        assert {value for _, value in swap.mask.getcolors()} == {0, 255}


def test_a_model_that_repaints_what_was_asked_for_is_right_and_one_that_does_nothing_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("training.measures.editing.draw", told)
    swaps = {swap.number: swap for swap in islice(editing.swaps(SMALL), 3)}

    def changed(request: Inpaint) -> Image.Image:
        swap = swaps[request.sampling.seed]
        assert request.prompt == swap.words
        return told(replace(imagine(swap.number), things=(swap.new,)), swap.number)

    def unchanged(request: Inpaint) -> Image.Image:
        return told(imagine(request.sampling.seed), request.sampling.seed)

    for run, expected in ((changed, 100.0), (unchanged, 0.0)):
        (row,) = editing.inpainting(known(run, monkeypatch, count=3))
        assert row.value == expected
        assert f"the old thing is gone in {expected:.1f} %" in row.how


def test_a_model_that_goes_on_in_the_same_colours_leaves_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Outpaint] = []

    def ramp(request: Request) -> Image.Image:
        asked.append(request)
        wide = np.arange(96, dtype=np.uint8)[None, :, None] * 2
        picture = Image.fromarray(np.broadcast_to(wide, (64, 96, 3)).copy())
        facts = imagine(request.sampling.seed)
        for left in (0, 32):
            end = picture.crop((left, 0, left + 64, 64))
            SHOWN[end.tobytes()] = Seen({name: getattr(facts, name) for name in SCENE}, ())
        return picture

    same, join = editing.outpainting(known(ramp, monkeypatch, count=4))
    assert [request.margins for request in asked] == [Margins(left=32), Margins(right=32)] * 2
    assert same.value == 100
    assert join.value == pytest.approx(1, abs=1e-4)
    assert join.reached is True


# ---- the model itself


def test_the_artist_asks_the_studio_for_what_is_meant() -> None:
    painter = Artist(run=lambda request: request, copy=lambda picture: picture, sampling=Sampling(steps=7), size=SMALL)
    asked = painter.paint("a boat", 5)
    assert (asked.prompt, asked.sampling.seed, asked.sampling.steps) == ("a boat", 5, 7)
    assert (asked.size.width, asked.size.height) == SMALL
    assert painter.paint("a boat", 2**32 + 3, (128, 96)).sampling.seed == 3
    assert painter.paint("a boat", 1, (128, 96)).size.width == 128
    picture, mask = Image.new("RGB", SMALL), Image.new("L", SMALL, 255)
    assert painter.repaint(picture, mask, "a house", 1).mask is mask
    assert painter.extend(picture, Margins(left=32), "a house", 1).margins.left == 32


def test_the_built_in_model_paints_at_its_own_settings() -> None:
    painter = artist(measure.FOLDER)
    told = json.loads((measure.FOLDER / "studio.json").read_text())["defaults"]
    assert painter.size == (told["width"], told["height"])
    assert painter.sampling.guidance == told["guidance"]
    assert painter.sampling.steps <= MOST_STEPS
    quick = replace(painter, sampling=replace(painter.sampling, steps=1))
    assert quick.paint("a red house", 1, SMALL).size == SMALL
    drawing = draw(imagine(1), 1, SMALL)
    error = np.asarray(drawing, float) - np.asarray(quick.copy(drawing), float)
    assert np.sqrt((error**2).mean()) < 50


def test_a_model_without_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no studio\.json"):
        settings(tmp_path)


def test_a_folder_weighs_what_its_files_weigh(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "weights").write_bytes(bytes(3000))
    (tmp_path / "README.md").write_bytes(bytes(96))
    assert cost.folder_size(tmp_path) == 3096


def test_parts_are_chosen_by_name() -> None:
    assert measure.chosen("") == tuple(measure.PARTS)
    assert measure.chosen("variety, cost") == ("variety", "cost")
    with pytest.raises(InvalidRequest, match="There is no measure 'beauty': choose from following, "):
        measure.chosen("variety,beauty")


def test_a_part_can_be_run_alone_and_is_written_down_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(measure.PARTS, "variety", lambda trial: [Row("variety", trial.count, 1.0, "counted", unit="")])
    trial = Trial(
        Artist(lambda _: Image.new("RGB", SMALL), lambda picture: picture, Sampling(), SMALL), Judge(), tmp_path, 3
    )
    kept = (tmp_path / "a.json", tmp_path / "b.json")
    rows = measure.measure(trial, ("variety",), kept)
    assert [row.value for row in rows] == [3]
    assert all(json.loads(path.read_text())["variety"]["reached"] for path in kept)
    assert "counted" in capsys.readouterr().out
