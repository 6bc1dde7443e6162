"""IP-Adapters against diffusers' pipelines with the same files."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers.models.embeddings import IPAdapterPlusImageProjection
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPImageProcessorPil

from pipelines import image_to_image, inpainting, outpainting, text_to_image
from pipelines.adapters.image_prompts import framed
from pipelines.adapters.rack import Rack
from pipelines.adapters.used import Used
from pipelines.attention import use_attention
from pipelines.controls import Control, ImagePrompt
from pipelines.engine.engine import Engine
from pipelines.errors import InvalidRequest, ModelError
from pipelines.events import Picture
from pipelines.loading import load
from pipelines.requests import Hires, ImageToImage, Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage
from pipelines.rereading import from_dict
from pipelines.run import generate
from pipelines.shelf import Shelf
from tests.pipelines.adapters.test_controlnet import make_controlnet, save
from tests.pipelines.oracles import as_pipeline, assert_same, latents, likeliest
from tests.tiny import make_flux_pipeline, make_sd_pipeline, make_sdxl_pipeline
from tests.tiny.parts import make_image_encoder

SAMPLING = Sampling(steps=6, guidance=5.0, sampler="euler", spacing="uniform", seed=7)
SIZE = Size(width=64, height=64)


@dataclasses.dataclass
class Studio:
    """A model, the same for diffusers, and a shelf."""

    family: Any
    pipeline: Any
    encoder: Any
    root: Path

    def oracle(self, *names: str, kind: str = "") -> Any:
        """diffusers' pipeline with its IP-Adapters loaded, and a network of its own, since they stay in it."""
        name = "StableDiffusion" + ("XL" if "text_encoder_2" in self.pipeline.components else "")
        network = type(self.pipeline.unet).from_config(self.pipeline.unet.config).eval()
        network.load_state_dict(self.pipeline.unet.state_dict())
        own = {"image_encoder": self.encoder, "unet": network}
        own |= {"feature_extractor": CLIPImageProcessorPil(size=32, crop_size=32)}
        pipeline = as_pipeline(getattr(diffusers, f"{name}{kind}Pipeline"), self.pipeline, **own)
        files = [f"{name}.safetensors" for name in names]
        pipeline.load_ip_adapter(str(self.root / "ipadapter"), subfolder="", weight_name=files)
        return pipeline


def make_plain(unet: Any, seed: int, tokens: int = 4) -> dict[str, Tensor]:
    """The tensors of a random one in its authors' layout, of the kind that is shown one vector for a picture."""
    stream = torch.Generator().manual_seed(seed)
    width = unet.config.cross_attention_dim
    made = {"image_proj.proj.weight": torch.randn(tokens * width, 24, generator=stream) / 24**0.5}
    made |= {"image_proj.proj.bias": torch.randn(tokens * width, generator=stream)}
    made |= {"image_proj.norm.weight": torch.ones(width), "image_proj.norm.bias": torch.zeros(width)}
    return made | make_layers(unet, stream)


def make_layers(unet: Any, stream: torch.Generator) -> dict[str, Tensor]:
    """Counted as diffusers counts them: all processors in order, of which every other one asks the words."""
    found = {}
    for place, name in enumerate(unet.attn_processors):
        if name.endswith("attn2.processor"):
            layer = unet.get_submodule(name.removesuffix(".processor")).to_k
            for kind in ("to_k_ip", "to_v_ip"):
                weight = torch.randn(layer.weight.shape, generator=stream) / 3
                found[f"ip_adapter.{place}.{kind}.weight"] = weight
    return found


def make_full(unet: Any, seed: int) -> dict[str, Tensor]:
    """The same of the kind that takes what is said to each patch as a token."""
    stream = torch.Generator().manual_seed(seed)
    width = unet.config.cross_attention_dim
    made = {}
    for place, out in ((0, 32), (2, width)):
        made[f"image_proj.proj.{place}.weight"] = torch.randn(out, 32, generator=stream) / 6
        made[f"image_proj.proj.{place}.bias"] = torch.randn(out, generator=stream)
    made |= {"image_proj.proj.3.weight": torch.ones(width), "image_proj.proj.3.bias": torch.zeros(width)}
    return made | make_layers(unet, stream)


PLUS = {"ln0": "0.norm1", "ln1": "0.norm2", "attn.to_q": "0.to_q", "attn.to_out.0": "0.to_out"}
PLUS |= {"ff.0": "1.0", "ff.1.net.0.proj": "1.1", "ff.1.net.2": "1.3"}


def make_plus(unet: Any, seed: int) -> dict[str, Tensor]:
    """The same of the kind that resamples what is said to the patches."""
    torch.manual_seed(seed)
    projection = IPAdapterPlusImageProjection(32, unet.config.cross_attention_dim, 48, 4, 64, 1, 5)
    written: dict[str, Tensor] = {}
    for name, tensor in projection.state_dict().items():
        if not name.startswith("layers."):
            written[f"image_proj.{name}"] = tensor
            continue
        _, block, rest = name.split(".", 2)
        layer, _, kind = rest.rpartition(".")
        if layer == "attn.to_k":
            both = [tensor, projection.state_dict()[name.replace("to_k", "to_v")]]
            written[f"image_proj.layers.{block}.0.to_kv.weight"] = torch.cat(both)
        elif layer != "attn.to_v":
            written[f"image_proj.layers.{block}.{PLUS[layer]}.{kind}"] = tensor
    return written | make_layers(unet, torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def studio(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    pipeline = {"sd": make_sd_pipeline, "sdxl": make_sdxl_pipeline}[request.param]()
    folder, root = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("shelf")
    pipeline.save_pretrained(folder)
    (root / "ipadapter").mkdir()
    (root / "ControlNet").mkdir()
    encoder = make_image_encoder()
    encoder.save_pretrained(root / "ipadapter" / "image_encoder")
    save(make_plain(pipeline.unet, 1), root / "ipadapter" / "plain.safetensors")
    save(make_plus(pipeline.unet, 2), root / "ipadapter" / "plus.safetensors")
    save(make_full(pipeline.unet, 4), root / "ipadapter" / "full.safetensors")
    save(make_controlnet(pipeline.unet, 3).state_dict(), root / "ControlNet" / "lines.safetensors")
    return Studio(load(folder, device="cpu", models=root), pipeline, encoder, root)


@pytest.fixture(scope="module")
def example() -> Image.Image:
    """Not square, and not of the encoder's size."""
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (70, 50, 3), np.uint8))


def a_request(*prompts: ImagePrompt, **more: Any) -> TextToImage:
    base = {"prompt": "a red house", "negative": "boat", "size": SIZE, "sampling": SAMPLING, "image_prompts": prompts}
    return TextToImage(**base | more)


def drawn(pipeline: Any, picture: Any, **more: Any) -> Tensor:
    said = {"negative_prompt": "boat", "num_inference_steps": 6, "guidance_scale": 5.0, "width": 64, "height": 64}
    said |= {"generator": torch.Generator().manual_seed(7), "output_type": "latent", "ip_adapter_image": picture}
    return pipeline("a red house", **said | more).images


def test_what_the_encoder_is_shown(example: Image.Image) -> None:
    """As CLIP's own preparation has it, to a level of 255."""
    for picture in (example, example.rotate(90, expand=True), example.resize((20, 20))):
        theirs = CLIPImageProcessorPil(size=32, crop_size=32)(picture, return_tensors="pt").pixel_values[0]
        assert (framed(picture, 32) - theirs).abs().max() < 1e-5


@pytest.mark.parametrize("name", ["plain", "plus", "full"])
@pytest.mark.parametrize(("weight", "guidance"), [(1.0, 5.0), (0.6, 5.0), (0.6, 1.0)])
def test_text_to_image(studio: Studio, example: Image.Image, name: str, weight: float, guidance: float) -> None:
    prompt = ImagePrompt(image=example, name=name, weight=weight)
    sampling = dataclasses.replace(SAMPLING, guidance=guidance)
    ours = latents(text_to_image.plan(studio.family, a_request(prompt, sampling=sampling)))
    oracle = studio.oracle(name)
    oracle.set_ip_adapter_scale(weight)
    assert_same(ours, drawn(oracle, example, guidance_scale=guidance))
    without = latents(text_to_image.plan(studio.family, a_request(sampling=sampling)))
    assert not torch.allclose(ours, without, atol=0.01)


def test_two_of_different_kinds(studio: Studio, example: Image.Image) -> None:
    other = example.rotate(180)
    prompts = ImagePrompt(image=example, name="plain", weight=0.8), ImagePrompt(image=other, name="plus", weight=0.5)
    oracle = studio.oracle("plain", "plus")
    oracle.set_ip_adapter_scale([0.8, 0.5])
    assert_same(latents(text_to_image.plan(studio.family, a_request(*prompts))), drawn(oracle, [example, other]))


def test_from_start_to_end(studio: Studio, example: Image.Image) -> None:
    """diffusers has no such option; its scale can be set between the steps."""
    prompt = ImagePrompt(image=example, name="plain", weight=0.8, start=1 / 3, end=2 / 3)
    oracle = studio.oracle("plain")
    oracle.set_ip_adapter_scale(0.0)

    def switched(pipeline: Any, step: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        pipeline.set_ip_adapter_scale(0.8 if step + 1 in (2, 3) else 0.0)
        return values

    assert_same(
        latents(text_to_image.plan(studio.family, a_request(prompt))),
        drawn(oracle, example, callback_on_step_end=switched),
    )


def test_image_to_image(studio: Studio, example: Image.Image, photo: Image.Image, monkeypatch: Any) -> None:
    likeliest(monkeypatch)
    request = ImageToImage(
        prompt="a red house", negative="boat", image=photo, strength=0.5, sampling=SAMPLING,
        image_prompts=(ImagePrompt(image=example, name="plain"),),
    )  # fmt: skip
    ours = latents(image_to_image.plan(studio.family, request))
    oracle = studio.oracle("plain", kind="Img2Img")
    assert_same(ours, drawn(oracle, example, image=photo, strength=0.5, width=None, height=None))


@pytest.mark.parametrize("name", ["plain", "plus"])
def test_inpainting(
    studio: Studio, example: Image.Image, photo: Image.Image, mask: Image.Image, monkeypatch: Any, name: str
) -> None:
    likeliest(monkeypatch)
    request = Inpaint(
        prompt="a red house", negative="boat", image=photo, mask=mask, feather=0, sampling=SAMPLING,
        image_prompts=(ImagePrompt(image=example, name=name),),
    )  # fmt: skip
    ours = latents(inpainting.plan(studio.family, request))
    oracle = studio.oracle(name, kind="Inpaint")
    assert_same(ours, drawn(oracle, example, image=photo, mask_image=mask, strength=1.0))


def test_outpainting(studio: Studio, example: Image.Image, photo: Image.Image, monkeypatch: Any) -> None:
    """One round of it is inpainting on the grown canvas."""
    likeliest(monkeypatch)
    request = Outpaint(
        prompt="a red house", negative="boat", image=photo, margins=Margins(right=16), overlap=0, fill="original",
        sampling=SAMPLING, image_prompts=(ImagePrompt(image=example, name="plain"),), rolls=0,
    )  # fmt: skip
    (trajectory,) = outpainting.plan(studio.family, request)
    ours = latents([trajectory])
    grown = outpainting.as_inpainting(request)
    oracle = studio.oracle("plain", kind="Inpaint")
    theirs = drawn(oracle, example, image=grown.image, mask_image=grown.mask, strength=1.0, width=80, height=64)
    assert_same(ours, theirs)


def test_beside_a_controlnet_and_by_any_attention(studio: Studio, example: Image.Image) -> None:
    """An IP-Adapter is heard by the network alone, and however that pays attention."""
    control, prompt = Control(image=example, name="lines"), ImagePrompt(image=example, name="plain", weight=0.7)
    request = a_request(prompt, controls=(control,))
    ours = latents(text_to_image.plan(studio.family, request))
    use_attention(studio.family.unet, "sliced", studio.family.device)
    try:
        sliced = latents(text_to_image.plan(studio.family, request))
    finally:
        use_attention(studio.family.unet, "auto", studio.family.device)
    torch.testing.assert_close(ours, sliced, rtol=2e-4, atol=2e-4)
    controlnet = make_controlnet(studio.pipeline.unet, 3)
    network = "XL" if "text_encoder_2" in studio.pipeline.components else ""
    oracle = studio.oracle("plain")
    oracle = as_pipeline(
        getattr(diffusers, f"StableDiffusion{network}ControlNetPipeline"), oracle, controlnet=controlnet
    )
    oracle.set_ip_adapter_scale(0.7)
    assert_same(ours, drawn(oracle, example, image=example.resize((64, 64), Image.Resampling.LANCZOS)))


def test_pictures_with_other_image_prompts_share_an_engine(studio: Studio, example: Image.Image) -> None:
    """None of them is heard by another, and afterwards the model is as it was, bit for bit."""
    before = latents(text_to_image.plan(studio.family, a_request()))
    requests = [
        a_request(ImagePrompt(image=example, name="plain")),
        a_request(ImagePrompt(image=example.rotate(90), name="plain")),
        a_request(ImagePrompt(image=example, name="plus")),
        a_request(),
    ]
    engine, done = Engine(), {}
    planned = [text_to_image.plan(studio.family, request, False)[0] for request in requests]
    for trajectory in planned:
        engine.add(trajectory)
    while engine.live:
        done |= {each.trajectory: each.latents for each in engine.step() if each.latents is not None}
    for trajectory, request in zip(planned, requests, strict=True):
        alone = latents(text_to_image.plan(studio.family, request))[0]
        torch.testing.assert_close(done[trajectory], alone, rtol=2e-4, atol=2e-4)
    assert torch.equal(latents(text_to_image.plan(studio.family, a_request())), before)


def test_every_task_takes_them(studio: Studio, example: Image.Image, photo: Image.Image, mask: Image.Image) -> None:
    """Where a picture is made in two walks, or grows in rounds, and in windows."""
    settings: dict[str, Any] = {"sampling": dataclasses.replace(SAMPLING, steps=2), "prompt": "a red house"}
    requests: list[Request] = [
        TextToImage(size=SIZE, hires=Hires(scale=1.5), **settings),
        Inpaint(image=photo, mask=mask, **settings),
        Outpaint(image=photo, margins=Margins(left=120, top=40), **settings),
    ]
    for request in requests:
        prompt = ImagePrompt(image=example, name="plain", weight=2.0)
        plain, shown = (made(studio, each) for each in (request, dataclasses.replace(request, image_prompts=(prompt,))))
        assert plain.size == shown.size and plain.tobytes() != shown.tobytes()


def made(studio: Studio, request: Request) -> Image.Image:
    (picture,) = (event for event in generate(studio.family, request) if isinstance(event, Picture))
    return picture.image


def test_the_recipe_tells_of_it(studio: Studio, example: Image.Image) -> None:
    request = a_request(ImagePrompt(image=example, name="plain", weight=0.5, end=0.8))
    (trajectory,) = text_to_image.plan(studio.family, request)
    sha256 = hashlib.sha256((studio.root / "ipadapter" / "plain.safetensors").read_bytes()).hexdigest()
    assert tuple(trajectory.used) == (Used("ip_adapter", "plain", sha256, 0.5, 0.0),)
    pictures = request.pictures()
    assert list(pictures.values()) == [example]
    assert from_dict(request.to_dict(), find=lambda key: pictures[key]) == request


def test_an_encoder_without_a_configuration(studio: Studio, example: Image.Image, tmp_path: Path) -> None:
    """As ComfyUI has them, in a folder of their own: what its shapes do not say is told by its width."""
    torch.manual_seed(4)
    (tmp_path / "ipadapter").mkdir()
    (tmp_path / "clip_vision").mkdir()
    small, large = make_image_encoder(), make_vit(1280)
    save(small.state_dict(), tmp_path / "clip_vision" / "another.safetensors")
    save(large.state_dict(), tmp_path / "clip_vision" / "CLIP-ViT-H.safetensors")
    tensors = make_plain(studio.pipeline.unet, 1)
    tensors["image_proj.proj.weight"] = torch.randn(len(tensors["image_proj.proj.bias"]), 1024) / 32
    save(tensors, tmp_path / "ipadapter" / "plain.safetensors")
    rack = Rack({"unet": studio.family.unet}, studio.family.device, Shelf(tmp_path))
    (worn,) = rack.picked((), (), (), (ImagePrompt(image=example, name="plain"),)).image_prompts
    pixels = framed(example, 32)[None]
    theirs, ours = large(pixels).image_embeds, worn.adapter.encoder(pixels).image_embeds
    torch.testing.assert_close(ours, theirs)
    tensors["image_proj.proj.weight"] = torch.randn(len(tensors["image_proj.proj.bias"]), 77)
    save(tensors, tmp_path / "ipadapter" / "strange.safetensors")
    with pytest.raises(ModelError, match="needs the image encoder that it was trained with, whose answers are 77"):
        rack.picked((), (), (), (ImagePrompt(image=example, name="strange"),))


def make_vit(width: int) -> Any:
    """One layer of LAION's ViT-H, for small pictures."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=width, intermediate_size=64, num_hidden_layers=1, num_attention_heads=16, hidden_act="gelu",
        image_size=32, patch_size=8, projection_dim=1024,
    )  # fmt: skip
    return CLIPVisionModelWithProjection(config).eval()


def test_what_is_refused(studio: Studio, example: Image.Image) -> None:
    folder, right = studio.root / "ipadapter", make_plain(studio.pipeline.unet, 1)
    wrong = {
        "nothing": ({"lora_unet_conv_in.alpha": torch.ones(1)}, "is no IP-Adapter that is known here"),
        "faces": ({"image_proj.perceiver_resampler.norm_out.weight": torch.ones(1)}, r"\(FaceID\) are not read"),
        "wide": (right | {"ip_adapter.1.to_k_ip.weight": torch.ones(64, 99)}, "made for another kind of model"),
        "short": (dict(list(right.items())[:-2]), "was made for another kind of model: it has"),
        "half": ({name: each for name, each in right.items() if "norm" not in name}, "is not complete|does not hold"),
    }  # fmt: skip
    for name, (tensors, reason) in wrong.items():
        save_file(tensors, folder / f"{name}.safetensors")
        with pytest.raises(ModelError, match=reason):
            text_to_image.plan(studio.family, a_request(ImagePrompt(image=example, name=name)))
        (folder / f"{name}.safetensors").unlink()
    (folder / "old.bin").write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match=r"only there as old\.bin, and no such file is opened"):
        text_to_image.plan(studio.family, a_request(ImagePrompt(image=example, name="old")))
    with pytest.raises(InvalidRequest, match="image prompt weight must be a number from 0 to 2"):
        ImagePrompt(image=example, name="plain", weight=3)
    with pytest.raises(InvalidRequest, match="There may be 4 image prompts at a time"):
        a_request(*[ImagePrompt(image=example, name="plain")] * 5)


def test_other_families_have_none(example: Image.Image, tmp_path: Path) -> None:
    make_flux_pipeline().save_pretrained(tmp_path)
    family = load(tmp_path, device="cpu", models=tmp_path)
    with pytest.raises(InvalidRequest, match="IP-Adapters are for Stable Diffusion 1, 2 and XL here"):
        text_to_image.plan(family, a_request(ImagePrompt(image=example, name="plain"), negative=""))
