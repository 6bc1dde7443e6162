"""ControlNets against diffusers' pipelines with the same parts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from pipelines import inpainting, text_to_image
from pipelines.adapters.controls import Shown
from pipelines.adapters.used import Used
from pipelines.controls import Control
from pipelines.engine.engine import Engine
from pipelines.errors import InvalidRequest, ModelError
from pipelines.events import Picture
from pipelines.families.conditioning import Conditioning
from pipelines.loading import load
from pipelines.outpainting import controlled, rounds_of
from pipelines.requests import Hires, ImageToImage, Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage
from pipelines.rereading import from_dict
from pipelines.run import generate
from pipelines.sources.origins import SCHEMES
from tests.tiny import make_sd_pipeline, make_sdxl_pipeline

CHANNELS = (8, 8, 16, 16)


@dataclasses.dataclass
class Studio:
    """A model, diffusers' ControlNets by name, and the same on a shelf."""

    family: Any
    pipeline: Any
    controlnets: dict[str, Any]
    root: Path


def make_controlnet(unet: Any, seed: int) -> Any:
    """A random one: what is new in it is zero as made, and would say nothing."""
    torch.manual_seed(seed)
    network = diffusers.ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=CHANNELS)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name.startswith(("controlnet_down_blocks", "controlnet_mid_block", "controlnet_cond_embedding")):
                weight.copy_(torch.randn(weight.shape) * 0.2)
    return network.eval()


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def studio(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    pipeline = {"sd": make_sd_pipeline, "sdxl": make_sdxl_pipeline}[request.param]()
    folder, root = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("shelf")
    pipeline.save_pretrained(folder)
    (root / "ControlNet").mkdir()
    made = {name: make_controlnet(pipeline.unet, seed) for seed, name in enumerate(("lines", "depth"))}
    save(made["lines"].state_dict(), root / "ControlNet" / "lines.safetensors")
    save(in_original(made["depth"]), root / "ControlNet" / "depth.safetensors")
    return Studio(load(folder, device="cpu", models=root), pipeline, made, root)


def save(tensors: dict[str, Tensor], path: Path) -> None:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)


def in_original(network: Any) -> dict[str, Tensor]:
    """As ControlNet was published: input_hint_block.0, 2 … 14, zero_convs.0.0 …, middle_block_out.0, and the UNet's."""
    hint = {"conv_in": 0, **{f"blocks.{place}": 2 + 2 * place for place in range(6)}, "conv_out": 14}
    written = {}
    for name, tensor in network.state_dict().items():
        for ours, place in hint.items():
            name = name.replace(f"controlnet_cond_embedding.{ours}.", f"input_hint_block.{place}.")
        if name.startswith("controlnet_down_blocks."):
            _, place, kind = name.split(".")
            name = f"zero_convs.{place}.0.{kind}"
        name = name.replace("controlnet_mid_block.", "middle_block_out.0.")
        if name.startswith(("down_blocks", "mid_block", "conv_in", "time_emb", "add_emb")):
            name = SCHEMES["unet"](name, network.config).name
        written[f"control_model.{name}"] = tensor
    return written


@pytest.fixture(scope="module")
def map_picture() -> Image.Image:
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    return Image.fromarray(pixels)


SAMPLING = Sampling(steps=6, guidance=5.0, sampler="euler", spacing="uniform", seed=7)
SIZE = Size(width=64, height=64)


def a_request(*controls: Control, **more: Any) -> TextToImage:
    return TextToImage(prompt="a red house", negative="boat", size=SIZE, sampling=SAMPLING, controls=controls, **more)


def latents(plan: Any) -> Tensor:
    engine, (trajectory,) = Engine(), plan
    engine.add(trajectory)
    while engine.live:
        for advance in engine.step():
            last = advance.latents
    return last


def oracle(studio: Studio, names: tuple[str, ...], inpainting: bool = False) -> Any:
    networks = [studio.controlnets[name] for name in names]
    name = f"StableDiffusion{'XL' if 'text_encoder_2' in studio.pipeline.components else ''}ControlNet"
    kind = getattr(diffusers, f"{name}{'Inpaint' if inpainting else ''}Pipeline")
    parts = {key: part for key, part in studio.pipeline.components.items() if key not in ("safety_checker",)}
    silent = {} if "XL" in name else {"safety_checker": None, "requires_safety_checker": False}
    pipeline = kind(**parts, controlnet=networks if len(networks) > 1 else networks[0], **silent)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def drawn(pipeline: Any, image: Any, **more: Any) -> Tensor:
    generator = torch.Generator().manual_seed(7)
    return pipeline(
        "a red house", negative_prompt="boat", num_inference_steps=6, guidance_scale=5.0, width=64, height=64,
        generator=generator, output_type="latent", **image, **more,
    ).images[0]  # fmt: skip


def assert_same(ours: Tensor, theirs: Tensor) -> None:
    assert float(theirs.std()) > 0.1
    torch.testing.assert_close(ours, theirs, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", ["lines", "depth"])
@pytest.mark.parametrize(("weight", "start", "end"), [(1.0, 0.0, 1.0), (0.6, 0.3, 0.7)])
def test_text_to_image(
    studio: Studio, map_picture: Image.Image, name: str, weight: float, start: float, end: float
) -> None:
    """From a file of diffusers' layout, and from one of the original."""
    control = Control(image=map_picture, name=name, weight=weight, start=start, end=end)
    ours = latents(text_to_image.plan(studio.family, a_request(control)))
    more = {"controlnet_conditioning_scale": weight, "control_guidance_start": start, "control_guidance_end": end}
    assert_same(ours, drawn(oracle(studio, (name,)), {"image": map_picture}, **more))
    assert not torch.allclose(ours, latents(text_to_image.plan(studio.family, a_request())), atol=0.01)


def test_two_at_a_time(studio: Studio, map_picture: Image.Image) -> None:
    other = map_picture.rotate(90)
    controls = Control(image=map_picture, name="lines", weight=0.8), Control(image=other, name="depth", weight=0.5)
    ours = latents(text_to_image.plan(studio.family, a_request(*controls)))
    pipeline = oracle(studio, ("lines", "depth"))
    theirs = drawn(pipeline, {"image": [map_picture, other]}, controlnet_conditioning_scale=[0.8, 0.5])
    assert_same(ours, theirs)


def test_inpainting(
    studio: Studio, map_picture: Image.Image, photo: Image.Image, mask: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    request = Inpaint(
        prompt="a red house", negative="boat", image=photo, mask=mask, feather=0, sampling=SAMPLING,
        controls=(Control(image=map_picture, name="lines"),),
    )  # fmt: skip
    ours = latents(inpainting.plan(studio.family, request))
    pictures = {"image": photo, "mask_image": mask, "control_image": map_picture}
    pipeline = oracle(studio, ("lines",), inpainting=True)
    assert_same(ours, drawn(pipeline, pictures, strength=1.0, controlnet_conditioning_scale=1.0))


def test_pictures_with_other_controls_share_an_engine(studio: Studio, map_picture: Image.Image) -> None:
    requests = [
        a_request(Control(image=map_picture, name="lines")),
        a_request(Control(image=map_picture.rotate(180), name="lines")),
        a_request(),
    ]
    engine, done = Engine(), {}
    planned = [text_to_image.plan(studio.family, request)[0] for request in requests]
    for trajectory in planned:
        engine.add(trajectory)
    while engine.live:
        done |= {each.trajectory: each.latents for each in engine.step() if each.latents is not None}
    for trajectory, request in zip(planned, requests, strict=True):
        alone = latents(text_to_image.plan(studio.family, request))
        torch.testing.assert_close(done[trajectory], alone, rtol=2e-4, atol=2e-4)


def test_every_task_takes_them(studio: Studio, map_picture: Image.Image, photo: Image.Image, mask: Image.Image) -> None:
    """Where the picture is of another size, is made in two walks, or grows in rounds."""
    settings: dict[str, Any] = {"sampling": dataclasses.replace(SAMPLING, steps=2), "prompt": "a red house"}
    requests: list[Request] = [
        TextToImage(size=SIZE, hires=Hires(scale=1.5), **settings),
        ImageToImage(image=photo.resize((70, 60)), **settings),
        Inpaint(image=photo, mask=mask, **settings),
        Outpaint(image=photo, margins=Margins(left=120, top=40), **settings),
    ]
    for request in requests:
        control = Control(image=map_picture, name="lines", weight=2.0)
        plain, held = (made(studio, each) for each in (request, dataclasses.replace(request, controls=(control,))))
        assert plain.size == held.size and plain.tobytes() != held.tobytes()


def made(studio: Studio, request: Request) -> Image.Image:
    (picture,) = (event for event in generate(studio.family, request) if isinstance(event, Picture))
    return picture.image


def test_what_a_round_of_outpainting_is_shown(studio: Studio) -> None:
    """The control is a picture of the whole new canvas; a round gets the part of it that is there by then."""
    canvas = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64 + 40, 64 + 200, 3), np.uint8))
    request = Outpaint(
        image=Image.new("RGB", (64, 64)), margins=Margins(left=130, right=70, top=40),
        controls=(Control(image=canvas, name="lines"),),
    )  # fmt: skip
    rounds = rounds_of(request, studio.family.facts)
    assert len(rounds) > 2
    left, top = 130, 40
    for place, each in enumerate(rounds):
        left, top = left - each.margins.left, top - each.margins.top
        shown = controlled(request, rounds, place).controls[0].image
        width, height = each.size
        assert shown.tobytes() == canvas.crop((left, top, left + width, top + height)).tobytes()
    assert (left, top) == (0, 0)


def test_a_window_is_shown_its_part() -> None:
    """A cell of latents is so many pixels of the picture."""
    picture = torch.arange(3 * 32 * 48).reshape(3, 32, 48)
    conditioning = Conditioning(torch.zeros(1, 1), controls=(Shown(None, picture, 1.0, cell=8),))
    (seen,) = conditioning.part(slice(1, 3), slice(2, 6)).controls
    assert torch.equal(seen.picture, picture[:, 8:24, 16:48])


def test_the_recipe_tells_of_it(studio: Studio, map_picture: Image.Image) -> None:
    import hashlib

    request = a_request(Control(image=map_picture, name="lines", weight=0.5, end=0.8, preparation="edges"))
    (trajectory,) = text_to_image.plan(studio.family, request)
    sha256 = hashlib.sha256((studio.root / "ControlNet" / "lines.safetensors").read_bytes()).hexdigest()
    assert tuple(trajectory.used) == (Used("controlnet", "lines", sha256, 0.5, 0.0),)
    pictures = request.pictures()
    assert list(pictures.values()) == [map_picture]
    assert from_dict(request.to_dict(), find=lambda key: pictures[key]) == request


def test_what_is_refused(studio: Studio, map_picture: Image.Image) -> None:
    with pytest.raises(ModelError, match="There is no ControlNet 'nothing'"):
        text_to_image.plan(studio.family, a_request(Control(image=map_picture, name="nothing")))
    save({"lora_unet_conv_in.alpha": torch.ones(1)}, studio.root / "ControlNet" / "wrong.safetensors")
    with pytest.raises(ModelError, match=r"wrong\.safetensors is no ControlNet"):
        text_to_image.plan(studio.family, a_request(Control(image=map_picture, name="wrong")))
    with pytest.raises(InvalidRequest, match="must start before it ends"):
        Control(image=map_picture, name="lines", start=0.5, end=0.5)
    with pytest.raises(InvalidRequest, match="Each control has end, image, name, preparation, start, weight"):
        from_dict({"task": "text_to_image", "controls": [{"name": "lines"}]})
