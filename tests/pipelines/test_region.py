"""A small edit of a large picture costs the small edit, and leaves the rest alone."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.events import Picture
from pipelines.families.family import Facts
from pipelines.parts import AREAS
from pipelines.region import COMFORT, find_region
from pipelines.requests import Inpaint, Margins, Outpaint, Sampling
from pipelines.run import generate

FACTS = Facts(family="any", channels=4, downscale=8, multiple=8, native=64, takes_mask=False)
STEPS = Sampling(steps=2)


def mask_of(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", size)
    mask.paste(255, box)
    return mask


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(np.random.default_rng(2).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@pytest.mark.parametrize("size", [(64, 64), (96, 96), (144, 64)])
def test_a_picture_that_fits_is_taken_whole(size: tuple[int, int]) -> None:
    region = find_region(mask_of(size, (3, 3, 9, 9)), 8, FACTS)
    assert (region.left, region.top, region.width, region.height) == (0, 0, *size)
    assert region.working == size


@pytest.mark.parametrize("box", [(0, 0, 5, 5), (395, 290, 400, 300), (200, 100, 230, 120), (0, 140, 400, 160)])
@pytest.mark.parametrize("reach", [0, 8])
def test_a_region_holds_the_mask_and_its_feather_within_the_picture(box, reach: int) -> None:
    region = find_region(mask_of((400, 300), box), reach, FACTS)
    assert 0 <= region.left <= max(box[0] - reach, 0)
    assert 0 <= region.top <= max(box[1] - reach, 0)
    assert min(box[2] + reach, 400) <= region.left + region.width <= 400
    assert min(box[3] + reach, 300) <= region.top + region.height <= 300
    assert min(region.width, region.height) >= FACTS.native
    assert region.working[0] * region.working[1] <= COMFORT * FACTS.native**2 * 1.02


def test_a_small_mask_is_worked_on_at_full_size_and_a_large_one_smaller() -> None:
    small = find_region(mask_of((400, 300), (200, 100, 230, 120)), 8, FACTS)
    assert small.working == (small.width, small.height)
    large = find_region(mask_of((400, 300), (0, 0, 400, 300)), 8, FACTS)
    assert (large.width, large.height) == (400, 300)
    assert large.working[0] / large.working[1] == pytest.approx(4 / 3, rel=0.02)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("box", [(201, 103, 230, 120), (10, 10, 390, 280)])
def test_only_the_mask_of_a_large_picture_changes(models, mode: str, box: tuple[int, int, int, int]) -> None:
    original = noise((400, 300)).convert(mode)
    request = Inpaint(image=original, mask=mask_of((400, 300), box), feather=6, sampling=Sampling(steps=2))
    (result,) = [event.image for event in generate(models().family, request) if isinstance(event, Picture)]
    before, after = (np.asarray(picture.convert("RGB")) for picture in (original, result))
    changed = np.argwhere((before != after).any(-1))
    assert (changed.min(0) >= (box[1] - 6, box[0] - 6)).all()
    assert (changed.max(0) < (box[3] + 6, box[2] + 6)).all()
    inner = (slice(box[1], box[3]), slice(box[0], box[2]))
    assert (before[inner] != after[inner]).any(-1).mean() > 0.9
    assert result.size == original.size


def test_the_network_never_sees_more_than_it_can_compose(models, monkeypatch) -> None:
    family, seen = models().family, []
    estimate = type(family).estimate
    monkeypatch.setattr(
        type(family),
        "estimate",
        lambda self, queries: seen.extend(q.x.shape for q in queries) or estimate(self, queries),
    )
    picture = noise((640, 200))
    list(generate(family, Outpaint(image=picture, margins=Margins(left=64), sampling=Sampling(steps=1))))
    list(generate(family, Inpaint(image=picture, mask=Image.new("L", picture.size, 255), sampling=Sampling(steps=1))))
    assert seen
    assert max(8 * height * 8 * width for _, height, width in seen) <= COMFORT * family.facts.native**2 * 1.3


@pytest.mark.parametrize("size", [(24, 40), (64, 64), (400, 300), (800, 100)])
def test_the_whole_picture_is_brought_to_a_size_that_the_model_likes(size: tuple[int, int]) -> None:
    region = find_region(mask_of(size, (3, 3, 9, 9)), 8, FACTS, "whole")
    assert (region.left, region.top, region.width, region.height) == (0, 0, *size)
    pixels = region.working[0] * region.working[1]
    assert 0.95 * FACTS.native**2 <= pixels <= 1.05 * COMFORT * FACTS.native**2
    assert region.working[0] / region.working[1] == pytest.approx(size[0] / size[1], rel=0.05)


@pytest.mark.parametrize("padding", [0, 5, 30])
@pytest.mark.parametrize("size", [(90, 80), (400, 300)])
def test_the_masked_area_is_as_large_as_the_model_knows_also_in_small_pictures(size, padding: int) -> None:
    box = (70, 60, 80, 70)
    region = find_region(mask_of(size, box), 4, FACTS, "masked", padding)
    assert region.left <= max(70 - 4 - padding, 0) and region.left + region.width >= min(84 + padding, size[0])
    assert region.working == (region.width, region.height)  # nothing is enlarged
    assert (region.width, region.height) == (max(64, min(18 + 2 * padding, size[0] - region.left)),) * 2
    assert region.top >= 0 and region.top + region.height <= size[1]


@pytest.mark.parametrize("padding", [0, 16])
def test_a_closeup_is_the_mask_with_its_padding_enlarged_for_the_model(padding: int) -> None:
    region = find_region(mask_of((400, 300), (200, 100, 220, 110)), 2, FACTS, "closeup", padding)
    assert (region.left, region.top) == (200 - 2 - padding, 100 - 2 - padding)
    assert (region.width, region.height) == (20 + 4 + 2 * padding, 10 + 4 + 2 * padding)
    assert region.working[0] * region.working[1] == pytest.approx(FACTS.native**2, rel=0.05)
    assert region.working[0] / region.working[1] == pytest.approx(region.width / region.height, rel=0.05)
    large = find_region(mask_of((400, 300), (10, 10, 390, 290)), 2, FACTS, "closeup")
    assert large.working[0] < large.width


@pytest.mark.parametrize("area", AREAS)
def test_every_area_repaints_the_mask_and_nothing_else(models, area: str) -> None:
    box, original = (101, 53, 130, 70), noise((200, 150))
    request = Inpaint(image=original, mask=mask_of(original.size, box), feather=6, area=area, sampling=STEPS)
    (result,) = [event.image for event in generate(models().family, request) if isinstance(event, Picture)]
    changed = (np.asarray(original) != np.asarray(result)).any(-1)
    assert changed[box[1] : box[3], box[0] : box[2]].mean() > 0.9
    changed[box[1] - 6 : box[3] + 6, box[0] - 6 : box[2] + 6] = False
    assert not changed.any()


def test_areas_and_paddings_are_not_silently_ignored(models) -> None:
    original = noise((200, 150))
    base = {"image": original, "mask": mask_of(original.size, (101, 53, 107, 59)), "feather": 2, "sampling": STEPS}
    padded = [("masked", 4), ("masked", 40), ("closeup", 4), ("closeup", 10)]
    wishes = [{"area": "whole"}, *({"area": area, "padding": padding} for area, padding in padded)]
    made = [next(generate_pictures(models().family, Inpaint(**base, **wish))).tobytes() for wish in wishes]
    assert len(set(made)) == len(wishes)


def generate_pictures(family, request):
    return (event.image for event in generate(family, request) if isinstance(event, Picture))


def test_a_long_thin_strip_keeps_its_scale() -> None:
    """Outpainting to the left of a tall picture shows the model the strip and what is beside it, not all of it."""
    region = find_region(mask_of((400, 800), (0, 0, 24, 800)), 8, FACTS)
    assert region.left == 0
    assert region.width == FACTS.native
    assert region.working[0] / region.width > 0.4
