"""Deep features used again: against diffusers' own network and pipelines, in which they are held fast by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from pipelines import text_to_image
from pipelines.controls import Control
from pipelines.engine.guidance import Query
from pipelines.engine.reusing import Deep
from pipelines.engine.schedule import Level
from pipelines.errors import InvalidRequest
from pipelines.events import Picture, Step
from pipelines.families.conditioning import Conditioning
from pipelines.families.shallow import has_outer_layers
from pipelines.families.unet import output_of
from pipelines.foretelling import foretold
from pipelines.loading import load
from pipelines.requests import Guiding, Hires, Inpaint, Margins, Outpaint, Sampling, Size, TextToImage
from pipelines.resuming import pack, unpack
from pipelines.run import generate
from tests.pipelines.adapters.conftest import factors, kohya
from tests.pipelines.adapters.test_controlnet import make_controlnet
from tests.pipelines.oracles import NEGATIVE, PROMPT, SEEDS, assert_same, latents, told
from tests.tiny import make_sd_folder
from tests.tiny.parts import make_unet

OUTSIDE_TOO = {
    "down_block_types": ("CrossAttnDownBlock2D",) * 2,
    "up_block_types": ("CrossAttnUpBlock2D",) * 2,
    "layers_per_block": 2,
}
"""Attention in the outermost layers, too, as Stable Diffusion 1 has it; SDXL has none there."""
SIZES = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 6 * 8 + 16,
}
UNETS = {
    "like SD 1": OUTSIDE_TOO,
    "like SDXL": SIZES | {"transformer_layers_per_block": (1, 2)},
    "inpainting": OUTSIDE_TOO | {"inpainting": True},
    "told the guidance scale": OUTSIDE_TOO | {"told_guidance": True},
}


@contextmanager
def held(unet: Any, renewed: Collection[int]) -> Iterator[list[int]]:
    """diffusers' network, all of it at work, but what comes into its last layer is renewed in these calls alone."""
    block, calls, first = unet.up_blocks[-1], [0], []

    def hold(layer: Any, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        deep = given[0].shape[1] - unet.conv_in.out_channels
        if calls[0] in renewed:
            first[:] = [given[0][:, :deep].clone()]
        calls[0] += 1
        return torch.cat([first[0], given[0][:, deep:]], dim=1), *given[1:]

    hook = block.resnets[-1].register_forward_pre_hook(hold)
    try:
        yield calls
    finally:
        hook.remove()


def questions(unet: Any, seed: int, level: Level, more: Any = (), **fields: Any) -> tuple[tuple[Query, ...], Tensor]:
    """Two queries, and what the network is shown for them."""
    stream = torch.Generator().manual_seed(seed)
    x = torch.randn(2, 4, 8, 12, generator=stream)
    extra = torch.randn(2, unet.config.in_channels - 4, 8, 12, generator=stream)
    sides = [Conditioning(torch.zeros(7, 32), extra=own if len(own) else None, **fields) for own in extra]
    return tuple(Query(each, level, side) for each, side in zip(x, sides, strict=True)), torch.cat([x, extra], 1)


def beside(unet: Any) -> dict[str, Any]:
    stream = torch.Generator().manual_seed(9)
    words = torch.randn(2, 7, 32, generator=stream)
    scale = None if unet.config.time_cond_proj_dim is None else torch.randn(2, 16, generator=stream)
    numbers = {"text_embeds": torch.randn(2, 16, generator=stream), "time_ids": torch.full((2, 6), 64.0)}
    sizes = {"added_cond_kwargs": numbers} if unet.config.addition_embed_type else {}
    return {"encoder_hidden_states": words, "timestep_cond": scale, **sizes}


@pytest.mark.parametrize("kind", UNETS)
@torch.inference_mode()
def test_outer_layers_say_what_the_whole_network_says_with_the_same_features(kind: str) -> None:
    """Of the same latents bit for bit what it says anyway, of later ones what diffusers' says, held fast by hand."""
    torch.manual_seed(3)
    unet = make_unet(**UNETS[kind])
    told_of, deeps = beside(unet), [Deep(), Deep()]
    levels = Level(0.2, 0.98, 900.0), Level(0.6, 0.8, 500.0)
    with held(unet, {0}):
        theirs = []
        for seed, level in enumerate(levels):
            _, seen = questions(unet, seed, level)
            theirs.append(unet(seen, torch.full((2,), level.timestep), **told_of).sample)
    for seed, (level, whole, expected) in enumerate(zip(levels, (True, False), theirs, strict=True)):
        asked, _ = questions(unet, seed, level)
        asked = tuple(each._replace(deep=deep, whole=whole) for each, deep in zip(asked, deeps, strict=True))
        x, timestep = torch.stack([each.x for each in asked]), torch.full((2,), level.timestep)
        assert torch.equal(output_of(unet, asked, x, timestep, told_of), expected)
        again = tuple(each._replace(whole=False) for each in asked)
        assert torch.equal(output_of(unet, again, x, timestep, told_of), expected)
    plain = unet(questions(unet, 1, levels[1])[1], timestep, **told_of).sample
    assert not torch.allclose(theirs[1], plain, atol=1e-3)


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
@pytest.mark.parametrize(("every", "whole"), [(2, {0, 1, 2, 4, 6}), (3, {0, 1, 2, 5})])
def test_text_to_image_is_what_diffusers_makes_with_the_features_held(
    models, kind: str, every: int, whole: set[int]
) -> None:
    family, oracle = models(kind)
    sampling = Sampling(steps=8, guidance=5.0, sampler="euler", spacing="uniform", seed=SEEDS[0], reuse=every)
    request = TextToImage(prompt=PROMPT, negative=NEGATIVE, size=Size(width=72, height=64), count=2, sampling=sampling)
    with held(oracle.unet, whole) as calls:
        theirs = told(oracle, negative_prompt=NEGATIVE, guidance_scale=5.0, width=72, height=64)
    assert calls == [8]
    assert_same(latents(text_to_image.plan(family, request)), theirs)
    plain = told(oracle, negative_prompt=NEGATIVE, guidance_scale=5.0, width=72, height=64)
    assert not torch.allclose(theirs, plain, atol=1e-2)


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def shelved(request: Any, tmp_path_factory: pytest.TempPathFactory, models: Any) -> Any:
    """A model with a LoRA and a ControlNet on its shelf, and diffusers' ControlNet."""
    folder, root = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("shelf")
    pipeline = models(request.param).oracle
    pipeline.save_pretrained(folder)
    for kind, name, tensors in (
        ("ControlNet", "lines", make_controlnet(pipeline.unet, 0).state_dict()),
        ("Lora", "one", kohya(factors({"unet": pipeline.unet}))),
    ):
        (root / kind).mkdir()
        save_file({key: each.contiguous() for key, each in tensors.items()}, root / kind / f"{name}.safetensors")
    return load(folder, device="cpu", models=root)


def noise_picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8))


def a_request(prompt: str = PROMPT, steps: int = 6, reuse: int = 3, sampler: str = "euler", **more: Any) -> TextToImage:
    sampling = Sampling(steps=steps, guidance=3.0, seed=5, sampler=sampler, reuse=reuse)
    return TextToImage(prompt=prompt, negative=NEGATIVE, size=Size(width=64, height=64), sampling=sampling, **more)


ON = {
    "a LoRA": {"prompt": f"{PROMPT}<lora:one:0.7>"},
    "a ControlNet": {"controls": (Control(image=noise_picture(0), name="lines", weight=0.8),)},
    "two": {
        "controls": (
            Control(image=noise_picture(0), name="lines", weight=0.8),
            Control(image=noise_picture(1), name="lines", weight=0.3),
        )
    },
    "two at different times": {
        "controls": (
            Control(image=noise_picture(0), name="lines", end=0.5),
            Control(image=noise_picture(1), name="lines", start=0.5),
        )
    },
}


@pytest.mark.parametrize("on", ON)
def test_what_is_on_in_the_whole_is_on_in_its_outer_layers(shelved: Any, monkeypatch: Any, on: str) -> None:
    """Asked again of the same latents, the outer layers say what the whole said, to the last bit."""
    estimate, wholes = shelved.estimate, []

    def asked(queries: Any) -> Any:
        answers = estimate(queries)
        if queries[0].whole:
            wholes.append(queries)
            outer = estimate([query._replace(whole=False) for query in queries])
            assert all(map(torch.equal, answers, outer))
        return answers

    monkeypatch.setattr(shelved, "estimate", asked)
    plain, with_it = (latents(text_to_image.plan(shelved, each)) for each in (a_request(), a_request(**ON[on])))
    assert len(wholes) >= 8 and not torch.allclose(plain, with_it, atol=0.01)


def made(family: Any, request: Any, **options: Any) -> dict[int, bytes]:
    events = generate(family, request, **options)
    return {event.index: event.image.tobytes() for event in events if isinstance(event, Picture)}


def test_a_picture_of_a_batch_is_the_picture_alone(models) -> None:
    family, request = models().family, a_request(count=3)
    together = made(family, request, exact=True)
    assert together == {index: made(family, request.alone(index))[0] for index in range(3)}
    shared = latents(text_to_image.plan(family, request))
    alone = torch.cat([latents(text_to_image.plan(family, request.alone(index))) for index in range(3)])
    torch.testing.assert_close(shared, alone, rtol=2e-4, atol=2e-4)


TAKEN_UP = {
    "plain": {},
    "guidance that ends": {"guiding": Guiding(stop=0.6)},
    "a prompt that changes": {"prompt": "a [red:blue:0.5] house"},
    "a sampler that asks twice": {"sampler": "dpmpp_sde"},
    "two walks": {"hires": Hires(scale=1.5)},
}


@pytest.mark.parametrize("what", TAKEN_UP)
def test_a_run_that_stopped_goes_on_bit_for_bit(models, what: str) -> None:
    family, request = models().family, a_request(**TAKEN_UP[what])
    whole, told_so_far = made(family, request), []
    for event in generate(family, request):
        if isinstance(event, Step):
            told_so_far.append(event.answers)
    assert len(told_so_far) >= 6
    for answers in told_so_far[:-1]:
        saved = unpack(request, pack(request, {0: answers}))
        assert made(family, request, resume=saved) == whole, len(answers)


def test_where_memory_runs_short_in_between_the_picture_is_the_same(models, monkeypatch: Any) -> None:
    family, request, calls = models().family, a_request(), [0]
    whole = latents(text_to_image.plan(family, request))
    estimate = family.estimate

    def short(queries: Any) -> Any:
        calls[0] += 1
        if calls[0] == 5:
            raise MemoryError
        return estimate(queries)

    monkeypatch.setattr(family, "estimate", short)
    (picture,) = (event for event in generate(family, request) if isinstance(event, Picture))
    assert picture.spared == "one query in a call of the network"
    monkeypatch.undo()
    expected = np.asarray(text_to_image.to_picture(family.decode(whole[0])), int)
    assert np.abs(np.asarray(picture.image, int) - expected).max() <= 1  # calls of another size round otherwise


def test_edits_and_windows_take_it_and_what_is_locked_stays(models, photo, mask) -> None:
    family = models().family
    sampling = Sampling(steps=4, guidance=3.0, seed=5, sampler="euler", reuse=2)
    base = {"prompt": PROMPT, "image": photo, "sampling": sampling}
    (painted,) = (each for each in generate(family, Inpaint(**base, mask=mask, feather=0)) if isinstance(each, Picture))
    changed = (np.asarray(painted.image) != np.asarray(photo)).any(-1)
    assert changed[24:56, 16:48].mean() > 0.5 and changed.sum() == changed[24:56, 16:48].sum()
    request = Outpaint(**base, margins=Margins(left=120, top=40))
    rounds, seconds = foretold(family, request)
    assert any(len(each.windows) > 1 for each in rounds) and seconds > 0
    whole = made(family, request)
    for event in generate(family, request):
        if isinstance(event, Step) and event.step == 3:
            break
    assert made(family, request, resume={0: event.answers}) == whole


def test_where_it_is_no_use_it_is_refused(models) -> None:
    for kind, name in (("qwen", "Qwen-Image"), ("sd3", "Stable Diffusion 3")):
        with pytest.raises(InvalidRequest, match=rf"model \({name}.*\) is built differently: set reuse to 1"):
            next(generate(models(kind).family, a_request()))
    family = models().family
    for request in (a_request(steps=3), a_request(hires=Hires(scale=1.5, steps=1))):
        with pytest.raises(InvalidRequest, match=r"used again in walks of 4 steps and more, but this one has [13]"):
            next(generate(family, request))
    for wrong in (0, 11, 2.0, True):
        with pytest.raises(InvalidRequest, match="reuse must be a whole number from 1 to 10, but is"):
            Sampling(reuse=wrong)


def test_a_network_of_another_shape_is_known(tmp_path: Path) -> None:
    assert has_outer_layers(make_unet()) and has_outer_layers(make_unet(**OUTSIDE_TOO))
    other = make_unet(up_block_types=("CrossAttnUpBlock2D", "ResnetUpsampleBlock2D"))
    assert not has_outer_layers(other)
    assert load(make_sd_folder(tmp_path / "sd"), device="cpu").facts.has_outer_layers


def test_off_unless_it_is_asked_for_and_told_in_the_request() -> None:
    assert TextToImage().sampling.reuse == 1
    assert a_request(reuse=3).to_dict()["sampling"]["reuse"] == 3
