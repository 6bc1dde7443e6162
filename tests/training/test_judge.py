"""The judge is told the truth, sees pictures of any size, and learns."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pipelines.errors import ModelError
from training import judge, wear
from training.drawings import FIRST_HELD_OUT
from training.judge import Judge, accuracy, answers_to, features_of, look, loss_of, trained_judge
from training.labels import KINDS, OF_KINDS, OPTIONS, SCENE, UNKNOWN, Seen, labels, read
from training.learning import Run
from training.scenes import Facts, Thing, draw, imagine
from training.wear import at_sight, drawings_of, mirrored, some_copied, worn

HOUSE = Thing("house", "red", "left")
BOATS = Thing("boat", "white", "", 2)
BY_THE_LAKE = Facts("night", "lake", far="hills", weather="fog", style="ink", things=(HOUSE, BOATS))


def certain(scenes: list[Facts]) -> dict[str, torch.Tensor]:
    """The scores that a judge without doubts and errors would give."""
    truth = labels(scenes)
    return {name: torch.nn.functional.one_hot(truth[name].clamp(min=0), len(OPTIONS[name])).float() for name in truth}


def test_labels_are_the_facts() -> None:
    told = labels([BY_THE_LAKE, Facts("day", "meadow")])
    said = {name: [options[pick] for pick in told[name]] for name, options in SCENE.items()}
    assert said == {
        "hour": ["night", "day"], "weather": ["fog", "clear"], "ground": ["lake", "meadow"],
        "far": ["hills", "nothing"], "style": ["ink", "flat"],
    }  # fmt: skip
    house, boat = KINDS.index("house"), KINDS.index("boat")
    assert told["there"].nonzero().tolist() == sorted([[0, house], [0, boat]])
    assert OF_KINDS["colour"][told["colour"][0, house]] == "red"
    assert OF_KINDS["place"][told["place"][0, house]] == "left"
    assert [OF_KINDS["count"][told["count"][0, kind]] for kind in (house, boat)] == [1, 2]


def test_what_makes_no_sense_to_ask_has_no_answer() -> None:
    told = labels([BY_THE_LAKE])
    boat, tree = KINDS.index("boat"), KINDS.index("tree")
    assert told["place"][0, boat] == UNKNOWN  # two boats are in no one place
    assert {told[name][0, tree].item() for name in ("colour", "place", "count")} == {UNKNOWN}
    two = Facts("day", "meadow", things=(HOUSE, Thing("house", "blue", "right")))
    told = labels([two])
    house = KINDS.index("house")
    assert told["there"][0, house] == 1
    assert told["colour"][0, house] == UNKNOWN


def test_every_imagined_scene_can_be_asked_about() -> None:
    told = labels(imagine(number) for number in range(300))
    for name, options in OPTIONS.items():
        known = told[name][told[name] != UNKNOWN]
        assert set(known.tolist()) == set(range(len(options))), name


def test_certain_answers_are_read_as_the_facts() -> None:
    scenes = [BY_THE_LAKE, *map(imagine, range(40))]
    for facts, seen in zip(scenes, read(certain(scenes)), strict=True):
        assert seen.scene == {name: getattr(facts, name) for name in SCENE}
        assert {thing.kind for thing in seen.things} == {thing.kind for thing in facts.things}
        for thing in facts.things:
            found = seen.find(thing.kind)
            assert (found.colour, found.count) == (thing.colour, thing.count)
            assert not thing.place or found.place == thing.place
    assert Seen({}, (HOUSE,)).find("boat") is None


def test_pictures_are_seen_with_their_shorter_side_alike() -> None:
    for shape, seen in (((192, 192), (128, 128)), ((256, 512), (128, 256)), ((320, 192), (213, 128))):
        colour = torch.tensor([0.5, -0.3, 1.0]).view(1, 3, 1, 1)
        small = at_sight(colour.expand(2, 3, *shape))
        assert small.shape == (2, 3, *seen)
        torch.testing.assert_close(small, colour.expand_as(small), atol=1e-5, rtol=0)
    usual = torch.rand(1, 3, 128, 200)
    assert at_sight(usual) is usual


@pytest.mark.parametrize(("height", "width"), [(64, 64), (256, 256), (128, 427), (512, 96)])
def test_pictures_of_any_size_are_answered(height: int, width: int) -> None:
    network = Judge()
    pictures = torch.zeros(2, 3, height, width)
    for name, scores in answers_to(network, pictures).items():
        of_kinds = (len(KINDS),) if name in OF_KINDS else ()
        assert scores.shape == (2, *of_kinds, len(OPTIONS[name]))
        assert scores.isfinite().all()
    assert network.features(pictures).shape == (2, network.scene["hour"].in_features)


def test_the_judge_is_small() -> None:
    assert 2e5 < sum(parameter.numel() for parameter in Judge().parameters()) < 2e6


def test_the_judge_learns_what_it_is_shown() -> None:
    """Four small drawings by heart: the loss falls, and ground, thing and colour are told."""
    torch.manual_seed(0)
    houses = {colour: (Thing("house", colour, "left"),) for colour in ("red", "blue")}
    scenes = [Facts("day", ground, things=things) for ground in ("meadow", "desert") for things in houses.values()]
    pictures = np.stack([np.asarray(draw(facts, 1, (64, 64))) for facts in scenes])
    shown = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 127.5 - 1
    network, truth = Judge(), labels(scenes)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(36):
        loss = loss_of(network, shown, truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    seen = read(network(shown))
    assert [each.scene["ground"] for each in seen] == [facts.ground for facts in scenes]
    assert [each.things for each in seen] == [facts.things for facts in scenes]


def test_a_mirror_image_has_its_things_on_the_other_side() -> None:
    facts = Facts("day", "meadow", things=(HOUSE, Thing("tree", "green", "centre"), BOATS))
    assert [thing.place for thing in mirrored(facts).things] == ["right", "centre", ""]
    assert mirrored(mirrored(facts)) == facts


def test_lessons_hold_each_drawing_and_its_mirror_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wear, "worn", lambda pictures: pictures)
    monkeypatch.setattr(wear, "cores", lambda: 1)
    monkeypatch.setattr(wear, "SIGHT", 64)
    monkeypatch.setattr(wear, "QUICK", 1)
    pictures, truth = next(wear.lessons(4, FaintCopier(), 0))
    numbers, drawings = drawings_of(2, 0)
    np.testing.assert_allclose(pictures[:2].permute(0, 2, 3, 1), drawings / 127.5 - 1, atol=1e-6)
    assert torch.equal(pictures[2:], pictures[:2].flip(3))
    expected = labels([imagine(number) for number in numbers] + [mirrored(imagine(number)) for number in numbers])
    assert all(torch.equal(truth[name], expected[name]) for name in OPTIONS)


def test_questions_without_an_answer_do_not_count() -> None:
    torch.manual_seed(0)
    picture, nothing = torch.rand(1, 3, 64, 64) * 2 - 1, labels([Facts("day", "sea")])
    network = Judge()
    before = loss_of(network, picture, nothing)
    with torch.no_grad():
        network.kinds["colour"].mul_(-3)
    assert torch.equal(loss_of(network, picture, nothing), before)


def test_drawings_to_learn_from_are_the_same_in_every_run_and_never_held_out() -> None:
    numbers, pictures = drawings_of(2, 5)
    again = drawings_of(2, 5)
    assert again[0] == numbers != drawings_of(2, 6)[0]
    np.testing.assert_array_equal(again[1], pictures)
    assert max(numbers) < FIRST_HELD_OUT
    assert pictures.dtype == np.uint8
    assert len(pictures) == len(numbers)


class FaintCopier:
    """An autoencoder whose latents are the picture at half its contrast."""

    def encode(self, pictures: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: pictures))

    def decode(self, latents: torch.Tensor) -> SimpleNamespace:
        return SimpleNamespace(sample=latents / 2)


def test_wear_leaves_colours_what_they_are() -> None:
    torch.manual_seed(0)
    flat = torch.tensor([0.7, -0.6, 0.1]).view(1, 3, 1, 1).expand(60, 3, 20, 27)
    astray = (worn(flat).mean(dim=(2, 3)) - flat[:, :, 0, 0]).abs().amax(dim=1)
    assert astray.min() > 0
    assert astray.max() < 0.09


def test_wear_keeps_shape_and_range() -> None:
    torch.manual_seed(1)
    for _ in range(4):
        pictures = worn(torch.rand(2, 3, 16, 24).round() * 2 - 1)
        assert pictures.shape == (2, 3, 16, 24)
        assert pictures.abs().max() <= 1


def test_some_large_pictures_are_copied_and_no_small_ones() -> None:
    torch.manual_seed(0)
    large, small = torch.full((60, 3, 136, 139), 0.8), torch.full((60, 3, 128, 128), 0.8)
    values = some_copied(large, FaintCopier())[:, 0, 4, 4]
    copied = (values - 0.4).abs() < 0.3
    assert 0 < copied.sum() < 30
    assert (values[~copied] == 0.8).all()
    assert some_copied(small, FaintCopier()) is small
    assert (large == 0.8).all()


def test_accuracy_is_the_share_of_right_answers() -> None:
    scenes = [imagine(FIRST_HELD_OUT + number) for number in range(4)]
    asked = iter(scenes)
    shares = accuracy(lambda _: certain([next(asked)]), 4, (64, 64))
    assert set(shares.values()) == {1.0}
    first = scenes[0]
    same_hour = sum(facts.hour == first.hour for facts in scenes) / 4
    same_kinds = sum({t.kind for t in facts.things} == {t.kind for t in first.things} for facts in scenes) / 4
    shares = accuracy(lambda _: certain([first]), 4, (64, 64))
    assert shares["hour"] == same_hour < 1
    assert shares["there"] == same_kinds < 1


def test_looking_is_answering_at_sight() -> None:
    torch.manual_seed(0)
    network, picture = Judge(), draw(imagine(7), 7, (192, 320))
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255 * 2 - 1
    expected = read(network(at_sight(pixels)))
    assert look(network, [picture, picture]) == expected * 2
    assert torch.equal(features_of(network, pixels), network.features(at_sight(pixels)))


def test_a_work_folder_without_a_judge_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no judge in .* python -m training\.judge"):
        trained_judge(tmp_path)


def test_a_training_is_kept_and_gone_on_with_and_only_for_the_same_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wear, "cores", lambda: 1)
    monkeypatch.setattr(wear, "SIGHT", 64)
    monkeypatch.setattr(wear, "QUICK", 1)
    monkeypatch.setattr(judge, "copier", lambda folder: FaintCopier())
    monkeypatch.setattr(judge, "_shares", lambda network, count: "nothing")
    for steps in (1, 2):
        judge.train(tmp_path, tmp_path, Run(math.inf, steps), batch=2)
        assert torch.load(tmp_path / "judge.pt")["step"] == steps
    weights = torch.load(tmp_path / "judge.pt")["average"]
    assert all(torch.equal(value, weights[name]) for name, value in trained_judge(tmp_path).state_dict().items())
    monkeypatch.setattr(judge, "WORLD", judge.WORLD | {"kinds": ["castle"]})
    with pytest.raises(ModelError, match=r"learnt another world: remove .*judge\.pt"):
        trained_judge(tmp_path)
