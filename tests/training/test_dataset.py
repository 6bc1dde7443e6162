"""The denoiser's lessons: every drawing as often as any other, in batches that cost about the same."""

from collections import Counter
from itertools import count, islice
from random import Random

import numpy as np
import pytest
import torch

from training.captions import caption
from training.cells import measure
from training.dataset import FORGET, Lessons, encode, prompt, told
from training.drawings import pixels
from training.recipe import SHIPPED
from training.scenes import imagine, size_of
from training.text import new_tokenizer, tokens
from training.workers import ahead

SHELVES = {(8, 32, 32): 70, (8, 24, 24): 10, (8, 32, 64): 15, (8, 64, 32): 5}  # shape → drawings


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    """Shelves whose latents tell which scene they are of."""
    shelves, first = {}, 0
    for shape, size in SHELVES.items():
        shelf = np.zeros(size, dtype=[("number", "<u4"), ("values", "<f2", shape)])
        shelf["number"] = np.arange(first, first + size)
        shelf["values"] = shelf["number"][:, None, None, None]
        shelves[shape], first = shelf, first + size
    return Lessons(shelves, SHIPPED, seed=0)


def test_every_drawing_comes_up_equally_often_whatever_its_size(lessons: Lessons) -> None:
    plans = [lessons.plan(step) for step in range(4000)]
    seen = Counter(scene for plan in plans for scene in plan.scenes)
    assert len(seen) == len(lessons) == 100
    expected, first = sum(seen.values()) / 100, 0
    for size in SHELVES.values():  # the mean of a shelf; single drawings vary as chance has it
        of_shelf = sum(seen[scene] for scene in range(first, first + size)) / size
        assert of_shelf == pytest.approx(expected, rel=0.12)
        first += size


def test_batches_of_larger_pictures_are_smaller(lessons: Lessons) -> None:
    sizes = {shape: lessons.size(shape) for shape in SHELVES}
    assert sizes == {(8, 32, 32): 16, (8, 24, 24): 28, (8, 32, 64): 8, (8, 64, 32): 8}
    for plan in (lessons.plan(step) for step in range(50)):
        assert len(plan.rows) == len(plan.scenes) == sizes[plan.shape]


def test_a_batch_is_of_the_scenes_it_speaks_of(lessons: Lessons) -> None:
    for step, (clean, spoken) in enumerate(islice(lessons.start(3), 4), 3):
        plan = lessons.plan(step)
        assert clean.shape == (len(plan.scenes), *plan.shape)
        assert clean.dtype == torch.float32
        assert clean[:, 0, 0, 0].tolist() == plan.scenes
        random = Random(plan.seed)
        assert torch.equal(spoken, tokens(new_tokenizer(), [prompt(scene, random) for scene in plan.scenes]))


def test_workers_say_what_would_be_said_without_them(lessons: Lessons) -> None:
    alone, together = (ahead(told, map(lessons.plan, count()), workers) for workers in (0, 2))
    for (plan, said), (same_plan, said_by_worker) in islice(zip(alone, together, strict=True), 5):
        assert plan == same_plan
        assert np.array_equal(said, said_by_worker)
    together.close()


def test_captions_are_fresh_at_every_step_and_some_are_empty(lessons: Lessons) -> None:
    random = Random(0)
    said = [prompt(4, random) for _ in range(1000)]
    assert sum(words == "" for words in said) == pytest.approx(1000 * FORGET, abs=35)
    assert len(set(said)) > 100
    fixed = {caption(imagine(4), Random(seed)) for seed in range(5000)}
    assert set(said[:50]) - {""} & fixed  # they are captions of that scene
    assert not np.array_equal(told(lessons.plan(0))[1], told(lessons.plan(1))[1])
    assert np.array_equal(told(lessons.plan(0))[1], told(lessons.plan(0))[1])


def test_workers_encode_as_the_encoder_does() -> None:
    numbers = [*range(3), next(number for number in range(1000) if size_of(number)[0] > 256)]
    cells = measure([pixels(number) for number in numbers])
    for number in numbers:
        drawn = pixels(number)
        assert drawn.shape[1::-1] == size_of(number)
        images = torch.from_numpy(drawn[..., :3].copy()).permute(2, 0, 1)[None] / 127.5 - 1
        expected = cells.latents(images)[0].numpy()
        values = encode(cells.mean.numpy(), cells.patterns.numpy(), 1, number)
        np.testing.assert_allclose(values, expected, atol=6e-3, rtol=2e-3)  # half floats
