"""Adapters named in prompts: what they do to pictures, and that no picture feels another's."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from pipelines import text_to_image
from pipelines.adapters.rack import Rack
from pipelines.adapters.used import Used
from pipelines.engine.engine import Engine
from pipelines.errors import InvalidRequest, ModelError
from pipelines.events import Picture
from pipelines.prompt import Tag, parse, tags
from pipelines.requests import Hires, Sampling, Size, TextToImage
from pipelines.run import generate
from pipelines.shelf import Shelf
from tests.pipelines.adapters.conftest import ALPHA, RANK, factors, kohya, merged, peft_style
from tests.tiny import PIPELINES, make_sd_pipeline, make_sdxl_pipeline

CLOSE = {"rtol": 2e-4, "atol": 2e-4}


@dataclasses.dataclass
class Studio:
    """A model with a shelf: ``pipeline``: diffusers' with the same parts; ``root``: the models folder."""

    family: Any
    pipeline: Any
    root: Path

    def put(self, kind: str, name: str, tensors: dict[str, Tensor]) -> Path:
        from safetensors.torch import save_file

        path = self.root / kind / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
        return path


@pytest.fixture(scope="module", params=["sd", "sdxl"])
def studio(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    from pipelines.loading import load

    pipeline = {"sd": make_sd_pipeline, "sdxl": make_sdxl_pipeline}[request.param]()
    folder, root = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("shelf")
    pipeline.save_pretrained(folder)
    return Studio(load(folder, device="cpu", models=root), pipeline, root)


@pytest.fixture
def tensors(studio: Studio) -> Callable[..., dict[str, Tensor]]:
    """Changes to attention in the network and in all text encoders, as peft would shape them."""
    parts = {name: part for name, part in vars(studio.family).items() if name.startswith(("unet", "text_encoder"))}

    def made(which: str = "attn") -> dict[str, Any]:
        return factors(parts, lambda path: which in path)

    return made


def a_request(prompt: str, seed: int = 7, **more: Any) -> TextToImage:
    sampling = Sampling(steps=4, guidance=5.0, sampler="euler", spacing="uniform", seed=seed)
    return TextToImage(prompt=prompt, negative="boat", size=Size(width=64, height=64), sampling=sampling, **more)


def latents(family: Any, *requests: TextToImage, exact: bool = True) -> list[Tensor]:
    """The latents of requests that run in one engine side by side."""
    engine, done = Engine(), {}
    planned = [trajectory for request in requests for trajectory in text_to_image.plan(family, request, exact)]
    for trajectory in planned:
        engine.add(trajectory)
    while engine.live:
        done |= {advance.trajectory: advance.latents for advance in engine.step() if advance.latents is not None}
    return [done[trajectory] for trajectory in planned]


def drawn(pipeline: Any, prompt: str = "a red house", **more: Any) -> Tensor:
    """diffusers' latents for the same request."""
    generator = torch.Generator().manual_seed(7)
    return pipeline(
        prompt, negative_prompt="boat", num_inference_steps=4, guidance_scale=5.0, width=64, height=64,
        generator=generator, output_type="latent", **more,
    ).images[0]  # fmt: skip


def with_merged(studio: Studio, made: dict[str, Any], network: float, text: float) -> Any:
    """A pipeline whose weights were changed by hand."""
    parts = dict(studio.pipeline.components)
    for name in {name.partition(".")[0] for name in made}:
        scale = text if name.startswith("text_encoder") else network
        own = {key.replace("text_model.", ""): each for key, each in made.items() if key.startswith(f"{name}.")}
        flat = {key if _has(parts[name], key) else _nested(key): each for key, each in own.items()}
        parts[name] = merged(parts[name], name, flat, scale)
    return _fresh(studio.pipeline, parts)


def _has(module: Any, key: str) -> bool:
    return key.partition(".")[2] in dict(module.named_modules())


def _nested(key: str) -> str:
    part, _, path = key.partition(".")
    return f"{part}.text_model.{path}"


def _fresh(pipeline: Any, parts: dict[str, Any]) -> Any:
    fresh = type(pipeline)(**parts, **({} if "text_encoder_2" in parts else {"requires_safety_checker": False}))
    fresh.set_progress_bar_config(disable=True)
    return fresh


@pytest.mark.parametrize(("tag", "network", "text"), [("x", 1, 1), ("x:0.5", 0.5, 0.5), ("x:0.3:0.8", 0.8, 0.3)])
def test_a_lora_does_to_a_picture_what_merging_it_does(
    studio: Studio, tensors: Any, tag: str, network: float, text: float
) -> None:
    """Text encoders' weight first, as A1111 has it."""
    made = tensors()
    studio.put("Lora", "x", kohya(made))
    (ours,) = latents(studio.family, a_request(f"a red house<lora:{tag}>"))
    theirs = drawn(with_merged(studio, made, network * ALPHA / RANK, text * ALPHA / RANK))
    assert not torch.allclose(theirs, drawn(studio.pipeline), atol=0.05)
    torch.testing.assert_close(ours, theirs, **CLOSE)


def test_the_same_as_diffusers_and_peft(studio: Studio, tensors: Any) -> None:
    pytest.importorskip("peft")
    path = studio.put("Lora", "theirs", peft_style(tensors()))
    (ours,) = latents(studio.family, a_request("a red house <lora:theirs:0.7>"))
    parts = {name: copy.deepcopy(part) for name, part in studio.pipeline.components.items()}
    pipeline = _fresh(studio.pipeline, parts)
    pipeline.load_lora_weights(path.parent, weight_name=path.name, adapter_name="one")
    pipeline.set_adapters("one", 0.7)
    torch.testing.assert_close(ours, drawn(pipeline), **CLOSE)


@pytest.mark.parametrize("exact", [True, False])
def test_nobody_feels_the_adapters_of_another(studio: Studio, tensors: Any, exact: bool) -> None:
    """Three pictures in turns in one engine, with one LoRA, with another and with none."""
    studio.put("Lora", "one", kohya(tensors("attn1")))
    studio.put("Lora", "other", kohya(tensors("attn2")))
    plain = a_request("a red house")
    requests = [plain, a_request("a red house <lora:one>"), plain, a_request("a red house <lora:other:-0.5>")]
    together = latents(studio.family, *requests, exact=exact)
    alone = [latents(studio.family, request, exact=exact)[0] for request in requests]
    for ours, theirs in zip(together, alone, strict=True):
        assert torch.equal(ours, theirs) if exact else torch.allclose(ours, theirs, atol=2e-4)
    assert torch.equal(alone[0], alone[2])
    assert not torch.allclose(alone[0], alone[1], atol=0.01) and not torch.allclose(alone[1], alone[3], atol=0.01)


def test_a_second_walk_has_the_adapters_of_its_own_prompt(studio: Studio, tensors: Any) -> None:
    studio.put("Lora", "one", kohya(tensors("attn1")))
    hires = Hires(scale=2.0, prompt="a red house")
    (without,) = latents(studio.family, a_request("a red house <lora:one>", hires=hires))
    other = dataclasses.replace(hires, prompt="a red house <lora:one>")
    (with_it,) = latents(studio.family, a_request("a red house <lora:one>", hires=other))
    (plain,) = latents(studio.family, a_request("a red house", hires=hires))
    assert not torch.equal(without, with_it) and not torch.equal(without, plain)


def widths(studio: Studio) -> dict[str, int]:
    modules = {name: part for name, part in vars(studio.family).items() if name.startswith("text_encoder")}
    return {name: part.get_input_embeddings().embedding_dim for name, part in modules.items()}


def words(studio: Studio, count: int, seed: int = 0) -> dict[str, Tensor]:
    """Vectors for each text encoder."""
    stream = torch.Generator().manual_seed(seed)
    return {name: torch.randn(count, width, generator=stream) for name, width in widths(studio).items()}


def as_file(vectors: dict[str, Tensor]) -> dict[str, Tensor]:
    """As A1111 writes it for one encoder, and as SDXL's are."""
    if len(vectors) == 1:
        return {"emb_params": vectors["text_encoder"]}
    return {"clip_l": vectors["text_encoder"], "clip_g": vectors["text_encoder_2"]}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("word", ["zork-2", "<zork-2>", "embedding:zork-2", "ZORK-2"])
def test_an_embedding_by_its_name(studio: Studio, count: int, word: str) -> None:
    """diffusers puts it into its tokenizer and its encoder, of which it is given copies."""
    vectors = words(studio, count)
    path = studio.put("embeddings", "zork-2", as_file(vectors))
    (ours,) = latents(studio.family, a_request(f"a red {word} house"))
    parts = {name: copy.deepcopy(part) for name, part in studio.pipeline.components.items()}
    pipeline = _fresh(studio.pipeline, parts)
    for name, own in vectors.items():
        reader = {"text_encoder": pipeline.text_encoder, "tokenizer": pipeline.tokenizer}
        if name == "text_encoder_2":
            reader = {"text_encoder": pipeline.text_encoder_2, "tokenizer": pipeline.tokenizer_2}
        pipeline.load_textual_inversion(own, token="zork-2", **reader)
    torch.testing.assert_close(ours, drawn(pipeline, "a red zork-2 house"), **CLOSE)
    (plain,) = latents(studio.family, a_request("a red house"))
    assert not torch.allclose(ours, plain, atol=0.01)
    path.unlink()


def test_an_embedding_is_a_word_of_its_own(studio: Studio) -> None:
    """And without its file the word is read as it stands."""
    path = studio.put("embeddings", "zork", as_file(words(studio, 1)))
    inside = latents(studio.family, a_request("a zorkish house"))
    (known,) = latents(studio.family, a_request("a zork house"))
    path.unlink()
    assert torch.equal(inside[0], latents(studio.family, a_request("a zorkish house"))[0])
    assert not torch.equal(known, latents(studio.family, a_request("a zork house"))[0])


def test_an_embedding_in_the_negative_prompt_and_with_a_weight(studio: Studio) -> None:
    path = studio.put("embeddings", "zork", as_file(words(studio, 2)))
    said = [a_request("a house"), a_request("a (zork:1.4) house"), a_request("a zork house")]
    negative = dataclasses.replace(said[0], negative="zork boat")
    found = latents(studio.family, *said, negative)
    assert all(not torch.allclose(one, other, atol=1e-3) for one in found for other in found if one is not other)
    path.unlink()


def test_one_embedding_replaces_another_of_its_name(studio: Studio) -> None:
    """A file is read again once it is another."""
    path = studio.put("embeddings", "zork", as_file(words(studio, 1)))
    before = latents(studio.family, a_request("a zork house"))[0]
    studio.put("embeddings", "zork", as_file(words(studio, 2, seed=1)))
    assert not torch.equal(before, latents(studio.family, a_request("a zork house"))[0])
    path.unlink()


@pytest.mark.parametrize("kind", ["sd3", "flux"])
def test_transformers_take_loras_of_diffusers(kind: str, tmp_path: Path) -> None:
    """Compared with the model whose weights were changed by hand."""
    from pipelines.loading import load

    pipeline, shelf = PIPELINES[kind](), tmp_path / "shelf"
    pipeline.save_pretrained(tmp_path / "plain")
    made = factors({"transformer": pipeline.transformer}, lambda path: "attn" in path)
    family = load(tmp_path / "plain", device="cpu", models=shelf)
    Studio(family, pipeline, shelf).put("lora", "one", peft_style(made))
    pipeline.transformer = merged(pipeline.transformer, "transformer", made, 0.7)
    pipeline.save_pretrained(tmp_path / "changed")
    request = dataclasses.replace(a_request("a house"), negative="")
    tagged = dataclasses.replace(request, prompt="a house<lora:one:0.7>")
    (ours,) = latents(family, tagged)
    (theirs,) = latents(load(tmp_path / "changed", device="cpu"), request)
    torch.testing.assert_close(ours, theirs, **CLOSE)
    assert not torch.allclose(ours, latents(family, request)[0], atol=1e-3)


def test_what_was_on_is_told(studio: Studio, tensors: Any) -> None:
    import hashlib

    lora = studio.put("Lora", "told", kohya(tensors("attn1")))
    embedding = studio.put("embeddings", "zork", as_file(words(studio, 1)))
    found = studio.family.rack.picked(tags(parse("<lora:told:0.5:0.25>")), [parse_pieces("a zork")])
    lora_hash, hash = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (lora, embedding))
    assert found.used == (Used("lora", "told", lora_hash, 0.25, 0.5), Used("embedding", "zork", hash))
    embedding.unlink()


def test_a_picture_says_what_was_on_in_all_its_walks(studio: Studio, tensors: Any) -> None:
    studio.put("Lora", "first", kohya(tensors("attn1")))
    studio.put("Lora", "second", kohya(tensors("attn2")))
    request = a_request("a house <lora:first>", hires=Hires(scale=2.0, steps=2, prompt="a house <lora:second:0.3>"))
    (picture,) = (event for event in generate(studio.family, request) if isinstance(event, Picture))
    assert [(used.name, used.network) for used in picture.adapters] == [("first", 1.0), ("second", 0.3)]


def parse_pieces(source: str) -> Any:
    from pipelines.prompt import pieces

    return pieces(parse(source).parts[0], 1, 1)


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("<lora:watercolor>", "There is no LoRA 'watercolor' in .*watercolour"),
        ("<hypernet:x:1>", "<hypernet:x> cannot be switched on: only LoRAs can"),
        ("<lora:watercolour:30>", "The weight of <lora:watercolour> must be -10 to 10, but is 30"),
    ],
)
def test_what_cannot_be_switched_on(studio: Studio, tensors: Any, prompt: str, reason: str) -> None:
    studio.put("Lora", "watercolour", kohya(tensors("attn1")))
    with pytest.raises((InvalidRequest, ModelError), match=reason):
        text_to_image.plan(studio.family, a_request(prompt))


def test_a_lora_in_the_negative_prompt(studio: Studio) -> None:
    request = dataclasses.replace(a_request("a house"), negative="boat <lora:x>")
    with pytest.raises(InvalidRequest, match="<lora:x> is on for the whole picture, so it belongs into the prompt"):
        text_to_image.plan(studio.family, request)


def test_no_models_folder() -> None:
    with pytest.raises(InvalidRequest, match="there is no models folder to find it in"):
        Rack({}, torch.device("cpu")).picked([Tag("lora", "x", 1.0)], [])


def test_an_embedding_for_another_kind_of_model(studio: Studio) -> None:
    path = studio.put("embeddings", "zork", {"emb_params": torch.zeros(2, 24)})
    with pytest.raises(ModelError, match=r"The embedding zork\.safetensors cannot be read by this model.*another kind"):
        text_to_image.plan(studio.family, a_request("a zork"))
    path.unlink()


def test_only_so_many_are_kept(studio: Studio, tensors: Any) -> None:
    from pipelines.adapters.rack import LORAS_KEPT

    for number in range(LORAS_KEPT + 2):
        studio.put("Lora", f"n{number}", kohya(tensors("mid_block")))
    rack = Rack({"unet": studio.family.unet}, torch.device("cpu"), Shelf(studio.root))
    found = [rack.picked([Tag("lora", f"n{number}", 1.0)], []).loras[0].lora for number in range(LORAS_KEPT + 2)]
    assert rack.picked([Tag("lora", f"n{LORAS_KEPT + 1}", 1.0)], []).loras[0].lora is found[-1]
    assert rack.picked([Tag("lora", "n0", 1.0)], []).loras[0].lora is not found[0]
