"""A small edit of a large picture costs the small edit, and leaves the rest alone."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.events import Picture
from pipelines.families.family import Facts
from pipelines.region import COMFORT, find_region
from pipelines.requests import Inpaint, Margins, Outpaint, Sampling
from pipelines.run import generate

FACTS = Facts(family="any", channels=4, downscale=8, multiple=8, native=64, takes_mask=False)


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


def test_a_long_thin_strip_keeps_its_scale() -> None:
    """Outpainting to the left of a tall picture shows the model the strip and what is beside it, not all of it."""
    region = find_region(mask_of((400, 800), (0, 0, 24, 800)), 8, FACTS)
    assert region.left == 0
    assert region.width == FACTS.native
    assert region.working[0] / region.width > 0.4
