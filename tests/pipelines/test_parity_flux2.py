"""Law 4 for Flux.2 klein, whose pipeline knows no picture to begin with and no negative prompt but an empty one."""

from __future__ import annotations

import diffusers
import pytest
import torch

from pipelines import text_to_image
from pipelines.requests import Sampling, Size, TextToImage
from tests.pipelines.oracles import PROMPT, SEEDS, assert_same, decoded, latents, told


def sampling(**options) -> Sampling:
    return Sampling(
        **{"steps": 8, "guidance": 4.0, "sampler": "euler", "spacing": "uniform", "seed": SEEDS[0], **options}
    )


def a_request(**options) -> TextToImage:
    base = {"prompt": PROMPT, "size": Size(width=96, height=64), "count": 2, "sampling": sampling()}
    return TextToImage(**base | options)


def raw(family, made: torch.Tensor) -> torch.Tensor:
    """Our latents as the pipeline hands out its own: as its autoencoder wants them."""
    norm = family.vae.bn
    spread = torch.sqrt(norm.running_var + family.vae.config.batch_norm_eps)
    whole = made * spread.view(1, -1, 1, 1) + norm.running_mean.view(1, -1, 1, 1)
    return diffusers.Flux2KleinPipeline._unpatchify_latents(whole)


@pytest.mark.parametrize(("guidance", "steps"), [(1.0, 8), (4.0, 8), (1.0, 4)])
def test_text_to_image_two_at_a_time(models, guidance: float, steps: int) -> None:
    """With the shift that belongs to the size and to the number of steps."""
    family, oracle = models("flux2")
    ours = latents(text_to_image.plan(family, a_request(sampling=sampling(guidance=guidance, steps=steps))))
    same = {"guidance_scale": guidance, "width": 96, "height": 64, "num_inference_steps": steps}
    assert_same(raw(family, ours), told(oracle, **same))
    torch.testing.assert_close(decoded(family, ours), told(oracle, **same, output_type="pt"), rtol=0, atol=2e-4)


@pytest.mark.parametrize("side", [512, 1024, 2048])
@pytest.mark.parametrize("steps", [4, 28])
def test_the_shift_is_the_published_one(models, side: int, steps: int) -> None:
    from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

    tokens = (side // 16) ** 2
    shift = models("flux2").family.path.shifted(tokens, None, steps).shift
    assert shift == pytest.approx(torch.tensor(compute_empirical_mu(tokens, steps), dtype=torch.float64).exp().item())


def test_pixels_become_the_latents_that_its_pipeline_makes_of_pictures(models) -> None:
    family, oracle = models("flux2")
    pixels = torch.rand(3, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        theirs = oracle._encode_vae_image(pixels[None], generator=None)[0]
    assert_same(family.encode(pixels), theirs)
