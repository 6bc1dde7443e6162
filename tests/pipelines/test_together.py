"""Many requests of every kind in one engine: each picture is what it would have been alone."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.engine.engine import Engine, Trajectory
from pipelines.engine.samplers import SAMPLERS
from pipelines.requests import Guiding, Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage, Variation
from pipelines.run import PLANS

PROMPTS = ("a red house", "a blue boat AND the sea :0.5", "(hill:1.3) with a [tree:boat:0.5]", "meadow " * 90)


def a_request(random: Random, photo: Image.Image, mask: Image.Image) -> Request:
    shared = {
        "prompt": random.choice(PROMPTS),
        "negative": random.choice(("", "night")),
        "count": random.choice((1, 1, 2, 3)),
        "sampling": Sampling(
            steps=random.randint(1, 4),
            guidance=random.choice((1.0, 3.5)),
            sampler=random.choice(sorted(SAMPLERS)),
            seed=random.randrange(2**32),
        ),
        "guiding": Guiding(method=random.choice(("cfg", "apg", "cfg_zero")), rescale=random.choice((0.0, 0.5))),
        "variation": Variation(seed=random.randrange(99), strength=random.choice((0.0, 0.3))),
    }
    kind = random.choice(("text", "paint", "widen"))
    if kind == "text":
        return TextToImage(**shared, size=Size(width=random.choice((64, 72)), height=64))
    if kind == "paint":
        return Inpaint(**shared, image=photo, mask=mask, strength=random.choice((1.0, 0.6)))
    return Outpaint(**shared, image=photo, margins=Margins(right=8 * random.randint(1, 2)))


Made = tuple[Image.Image, torch.Tensor]


def together(plans: list[tuple[Trajectory, ...]], random: Random) -> dict[tuple[int, int], Made]:
    """All plans in one engine, joining in any order and at any time."""
    engine, done = Engine(), {}
    waiting = [(k, n, t) for k, plan in enumerate(plans) for n, t in enumerate(plan)]
    places = {trajectory: (k, n) for k, n, trajectory in waiting}
    random.shuffle(waiting)
    while waiting or engine.live:
        for _ in range(min(random.randint(0, 5), len(waiting))):
            engine.add(waiting.pop()[2])
        for advance in engine.step():
            if advance.latents is not None:
                k, n = places[advance.trajectory]
                done[k, n] = advance.trajectory.walk.finish(advance.latents), advance.latents
    return done


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "grouped"])
def test_200_random_requests(models, photo, mask, exact: bool) -> None:
    family, random = models().family, Random(4)
    requests = [a_request(random, photo, mask) for _ in range(200)]
    plans = [PLANS[type(request)](family, request, exact) for request in requests]
    made = together(plans, random)
    assert len(made) == sum(request.count for request in requests)
    for k, request in enumerate(requests):
        index = random.randrange(request.count)
        alone = request.alone(index)
        ((picture, latents),) = together([PLANS[type(alone)](family, alone, True)], random).values()
        ours, ours_latents = made[k, index]
        if exact:
            assert ours.tobytes() == picture.tobytes(), request
        else:  # decoded, in [0, 1]; as a picture that is below one of 255 steps, but may fall on either side
            decoded = [(family.decode(each) / 2 + 0.5).clamp(0, 1) for each in (ours_latents, latents)]
            torch.testing.assert_close(*decoded, atol=2e-4, rtol=0)
            apart = np.abs(np.asarray(ours, int) - np.asarray(picture, int))
            assert apart.max() <= 1, request
            assert (apart > 0).mean() < 0.02, request
