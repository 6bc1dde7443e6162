"""What networks are shown of a masked picture, and how what they paint is joined to it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines import inpainting
from pipelines.errors import InvalidRequest
from pipelines.events import Picture
from pipelines.requests import Inpaint, Sampling
from pipelines.run import generate


def a_request(photo, mask, **options) -> Inpaint:
    sampling = Sampling(steps=2, guidance=1.0, seed=3, sampler="euler")
    return Inpaint(prompt="a boat", image=photo, mask=mask, sampling=sampling, **{"feather": 0, **options})


@pytest.mark.parametrize("hiding", [0.0, 0.25, 1.0])
def test_the_old_content_is_hidden_as_far_as_is_said(models, photo, mask, hiding: float) -> None:
    """A network of 9 channels sees the mask beside its latents, and what diffusers' autoencoder makes of the rest."""
    family, oracle = models(inpainting=True)
    (trajectory,) = inpainting.plan(family, a_request(photo, mask, hiding=hiding))
    trajectory.start()
    (query,) = trajectory.pending
    seen_mask, seen = query.conditioning.extra[:1], query.conditioning.extra[1:]
    white = torch.from_numpy(np.array(mask) > 127)[None]
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1) / 127.5 - 1
    shown = torch.where(white, (1 - hiding) * pixels, pixels)
    with torch.no_grad():
        expected = oracle.vae.encode(shown[None]).latent_dist.mode()[0] * oracle.vae.config.scaling_factor
    torch.testing.assert_close(seen, expected, atol=1e-5, rtol=1e-4)
    assert torch.equal(seen_mask[0] > 0, torch.nn.functional.max_pool2d(white.float(), 8)[0] > 0)


def test_hiding_from_a_network_that_is_not_given_the_mask_is_refused(models, photo, mask) -> None:
    with pytest.raises(InvalidRequest, match="is not given the mask, so nothing is hidden from it: leave hiding out"):
        inpainting.plan(models().family, a_request(photo, mask, hiding=0.5))


def test_unmended_what_is_pasted_is_what_diffusers_would_decode(models, photo, mask) -> None:
    family, oracle = models()
    request = a_request(photo, mask, blend="none")
    (trajectory,) = inpainting.plan(family, request)
    latents = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(0))
    picture = trajectory.walk.finish(latents)
    with torch.no_grad():
        decoded = oracle.vae.decode(latents[None] / oracle.vae.config.scaling_factor).sample
    theirs = oracle.image_processor.postprocess(decoded, output_type="pil")[0]
    expected = Image.composite(theirs, photo, mask)
    assert np.abs(np.asarray(picture, int) - np.asarray(expected, int)).max() <= 1


def test_mended_the_old_pixels_stay_and_the_new_ones_come_nearer(models, photo, mask) -> None:
    """The tiny autoencoder gives everything back grey; only the tones of what was painted may change."""
    family = models().family
    pictures = {}
    for blend in ("none", "automatic"):
        events = generate(family, a_request(photo, mask, blend=blend))
        pictures[blend] = next(np.asarray(event.image, int) for event in events if isinstance(event, Picture))
    white, old = np.asarray(mask) > 127, np.asarray(photo, int)
    for picture in pictures.values():
        np.testing.assert_array_equal(picture[~white], old[~white])
    across = {blend: np.abs(picture[24, 16:48] - old[23, 16:48]).mean() for blend, picture in pictures.items()}
    assert across["automatic"] < across["none"]


@pytest.mark.parametrize(("name", "value"), [("hiding", 1.5), ("blend", "glue"), ("full_steps", 1)])
def test_settings_out_of_range_are_refused(photo, mask, name: str, value) -> None:
    with pytest.raises(InvalidRequest, match=name):
        a_request(photo, mask, **{name: value})
