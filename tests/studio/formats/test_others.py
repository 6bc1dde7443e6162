"""Fooocus, SwarmUI, InvokeAI and ComfyUI, in samples after their published formats: taken or told, never a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import UnreadableImage
from pipelines.parts import Hires, Size, Tuning, Variation
from pipelines.requests import Sampling, TextToImage
from studio.formats import Carried, read_any
from studio.formats.reading import READERS, carried_from
from studio.formats.texts import Texts
from tests.studio.formats.files import photo, png

Row = tuple[dict[str, Any], dict[str, Any], list[str]]
"""Settings beside the usual ones, what the request then has, and what the notes then say beside the one on noise."""


def carried(**chunks: str) -> Carried:
    found = carried_from(Texts(chunks))
    assert found is not None
    return found


def check(found: Carried, has: dict[str, Any], says: list[str]) -> None:
    for name, value in has.items():
        owner = next(each for each in (found.request.sampling, found.request, found) if hasattr(each, name))
        assert getattr(owner, name) == value, name
    told = [note for note in found.notes if "draws its noise" not in note]
    assert len(told) == len(says), found.notes
    assert all(any(part in note for note in told) for part in says), found.notes
    assert all(note.endswith(".") and len(note) <= 240 for note in found.notes)


# Fooocus

FOOOCUS = {
    "prompt": "a house", "negative_prompt": "", "full_prompt": ["cinematic still a house", "a house, sharp"],
    "full_negative_prompt": ["anime, blurry"], "prompt_expansion": "a house, sharp", "styles": "['Fooocus V2']",
    "performance": "Speed", "steps": 30, "resolution": "(1152, 896)", "guidance_scale": 4.0, "seed": "4815162342",
    "base_model": "juggernautXL", "base_model_hash": "d91d35736d", "refiner_model": "None", "refiner_switch": 0.5,
    "clip_skip": 2, "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "vae": "Default (model)", "loras": [],
    "adm_guidance": "(1.5, 0.8, 0.3)", "metadata_scheme": "fooocus", "version": "Fooocus v2.5.5", "created_by": "me",
}  # fmt: skip
FOOOCUS_ROWS: list[Row] = [
    ({}, {"prompt": "cinematic still a house, a house, sharp", "negative": "anime, blurry", "clip_skip": 2,
          "sampler": "dpmpp_2m_sde", "spacing": "karras", "size": Size(width=1152, height=896), "model": "juggernautXL",
          "guidance": 4.0, "steps": 30}, ["Seeds go up to"]),
    ({"full_prompt": None, "seed": 3}, {"prompt": "a house", "seed": 3}, ["The choice of styles (['Fooocus V2'])"]),
    ({"seed": 3, "sharpness": 2.0}, {}, ["sharpness (2.0)"]),
    ({"seed": 3, "lora_combined_1": "sd_xl_offset : 0.1", "lora_combined_2": "True : b : 1", "lora_combined_3":
      "False : c : 1", "lora_combined_4": "None : 1"}, {}, ["The LoRA sd_xl_offset (0.1)", "The LoRA b (1)"]),
    ({"seed": 3, "performance": "Lightning"}, {}, ["The LoRA of the performance Lightning"]),
    ({"seed": 3, "refiner_model": "sd_xl_refiner", "freeu": "(1.0, 1, 1, 1)"}, {}, ["refiner_model", "freeu"]),
    ({"seed": 3, "resolution": "('512', '768')"}, {"size": Size(width=512, height=768)}, []),
    ({"seed": 3, "resolution": "wide"}, {"size": Size()}, ["Left out: width"]),
    ({"seed": 3, "scheduler": "turbo", "sampler": "magic"}, {}, ["The spacing 'turbo'", "The sampler 'magic'"]),
    ({"seed": 3, "steps": -5, "guidance_scale": [4]}, {"steps": 20}, ["Left out: steps", "Left out: guidance"]),
    ({"seed": 3, "full_prompt": {"a": 1}}, {"prompt": ""}, ["The prompt is no text, but dict"]),
    ({"seed": True}, {"seed": 0}, ["Left out: seed"]),
]  # fmt: skip


@pytest.mark.parametrize(("more", "has", "says"), FOOOCUS_ROWS)
def test_fooocus_json_is_taken_or_told(more: dict[str, Any], has: dict[str, Any], says: list[str]) -> None:
    check(carried(fooocus_scheme="fooocus", parameters=json.dumps(FOOOCUS | more)), has, says)


def test_fooocus_writes_a1111_too_and_once_wrote_labels(tmp_path: Path) -> None:
    text = "a house\nNegative prompt: b\nSteps: 30, Sampler: DPM++ 2M SDE, Scheduler: karras, Seed: 3, Size: 64x64, "
    text += 'CFG scale: 4, Sharpness: 2, Performance: Speed, Raw prompt: "a, b", Model: j, Version: Fooocus v2.5.5'
    found = carried(fooocus_scheme="a1111", parameters=text)
    check(found, {"program": "Fooocus", "sampler": "dpmpp_2m_sde", "spacing": "karras"}, ["Sharpness (2)"])
    old = {
        "Prompt": "a",
        "Negative Prompt": "b",
        "Styles": "[]",
        "Resolution": "(64, 64)",
        "Guidance Scale": 4,
        "Seed": 1,
    }
    old |= {"Base Model": "j", "Sampler": "euler", "Scheduler": "normal", "LoRA 1": "x : 1", "Sharpness": 2, "Steps": 5}
    found = carried(fooocus_scheme="fooocus", parameters=json.dumps(old))
    check(found, {"prompt": "a", "negative": "b", "steps": 5, "model": "j"}, ["The LoRA x (1)", "sharpness"])
    tags = {0x9286: json.dumps(FOOOCUS), 0x927C: "fooocus", 0x0131: "Fooocus v2.5.5"}
    for path in (photo(tmp_path / "a.jpg", tags), photo(tmp_path / "a.webp", tags)):
        assert read_any(path).request.sampling.sampler == "dpmpp_2m_sde"


# SwarmUI

SWARM = {
    "prompt": "a house", "negativeprompt": "bad", "model": "Flux/flux1-dev", "seed": 2042464333, "steps": 25,
    "cfgscale": 1.0, "aspectratio": "1:1", "width": 512, "height": 768, "sampler": "euler", "scheduler": "normal",
    "images": 1, "automaticvae": True, "swarm_version": "0.9.8.1", "date": "2026-08-21",
}  # fmt: skip
SWARM_ROWS: list[Row] = [
    ({}, {"prompt": "a house", "negative": "bad", "seed": 2042464333, "sampler": "euler", "spacing": "normal",
          "size": Size(width=512, height=768), "guidance": 1.0, "model": "Flux/flux1-dev"}, []),
    ({"clipstopatlayer": "-2"}, {"clip_skip": 2}, []),
    ({"variationseed": 4, "variationseedstrength": 0.25}, {"variation": Variation(seed=4, strength=0.25)}, []),
    ({"initimagecreativity": 0.6, "initimage": "x.png"}, {}, ["painted over another picture (strength 0.6)"]),
    ({"refinerupscale": 2, "refinercontrolpercentage": 0.4, "refinermethod": "PostApply", "refinersteps": 9,
      "refinerupscalemethod": "latent-bislerp"},
     {"hires": Hires(scale=2, strength=0.4, upscale="latents", steps=9)}, []),
    ({"refinerupscale": 1.5, "refinerupscalemethod": "model-4x.pth"}, {"hires": Hires(scale=1.5)},
     ["The upscaler 'model-4x"]),
    ({"refinercontrolpercentage": 0.2, "refinermethod": "StepSwap"}, {}, ["The refiner (StepSwap)"]),
    ({"loras": ["a", "b"], "loraweights": ["0.5"]}, {}, ["The LoRA a (0.5)", "The LoRA b is"]),
    ({"prompt": "x <break> <alternate:a,b> <fromto[0.3]:c,d>"}, {"prompt": "x BREAK [a|b] [c:d:0.3]"}, []),
    ({"prompt": "x <segment:face,0.6> <lora:y:1>"}, {}, ["The tag <segment:face,0.6>", "The tag <lora:y:1>"]),
    ({"sigmashift": 3, "fluxguidancescale": 3.5}, {"tuning": Tuning(shift=3)}, ["fluxguidancescale (3.5)"]),
    ({"width": None}, {"size": Size()}, ["Left out: width"]),
    ({"seed": "x", "sampler": None}, {"seed": 0}, ["Left out: seed", "The sampler 'None'"]),
    ({"loras": "no list", "prompt": 5}, {"prompt": ""}, ["The prompt is no text, but int"]),
]  # fmt: skip


@pytest.mark.parametrize(("more", "has", "says"), SWARM_ROWS)
def test_swarmui_is_taken_or_told(more: dict[str, Any], has: dict[str, Any], says: list[str]) -> None:
    check(carried(parameters=json.dumps({"sui_image_params": SWARM | more, "sui_extra_data": {}})), has, says)


def test_swarmui_is_read_from_a_jpeg_and_before_the_graph_it_ran(tmp_path: Path) -> None:
    text = json.dumps({"sui_image_params": SWARM})
    path = photo(tmp_path / "a.jpg", inner={0x9286: b"UNICODE\0" + text.encode("utf-16-be")})
    assert read_any(path).program == "SwarmUI"
    assert carried(parameters=text, prompt=json.dumps(GRAPH)).program == "SwarmUI"


# InvokeAI

INVOKE = {
    "app_version": "6.13.6", "generation_mode": "sdxl_txt2img", "positive_prompt": "a house", "negative_prompt": "bad",
    "width": 768, "height": 432, "seed": 356120443, "rand_device": "cpu", "cfg_scale": 7.5, "steps": 50,
    "cfg_rescale_multiplier": 0, "scheduler": "dpmpp_2m_sde_k", "clip_skip": 0, "loras": [], "controlnets": [],
    "model": {"key": "1", "hash": "2", "name": "dream", "base": "sdxl", "type": "main"}, "ipAdapters": [],
}  # fmt: skip
INVOKE_ROWS: list[Row] = [
    ({}, {"prompt": "a house", "negative": "bad", "sampler": "dpmpp_2m_sde", "spacing": "karras", "clip_skip": 1,
          "model": "dream", "guidance": 7.5, "size": Size(width=768, height=432)}, []),
    ({"model": {"model_name": "old", "base_model": "sd-1"}}, {"model": "old"}, []),
    ({"clip_skip": 1}, {"clip_skip": 2}, []),
    ({"scheduler": "kdpm_2_a"}, {"sampler": "dpm2_a", "spacing": "automatic"}, []),
    ({"scheduler": "warp"}, {}, ["The sampler 'warp'"]),
    ({"positive_prompt": "a (red)1.3 (big house)++ boat-- x-ray (c++)"},
     {"prompt": "a (red:1.3) (big house:1.21) (boat:0.81) x-ray ((c:1.21))"}, []),
    ({"positive_prompt": '("a", "b").blend(1, 1)'}, {}, ["Prompts that are blended"]),
    ({"loras": [{"model": {"name": "l"}, "weight": 0.5}, {"lora": {"model_name": "m"}, "weight": 1}, 7]}, {},
     ["The LoRA l (0.5)", "The LoRA m (1)"]),
    ({"generation_mode": "inpaint", "strength": 0.7}, {}, ["painted over another picture (strength 0.7)"]),
    ({"vae": {"name": "v"}, "seamless_x": True}, {}, ["vae (v)", "seamless_x (True)"]),
    ({"hrf_enabled": True, "hrf_strength": 0.45}, {}, ["The second walk (hrf) (0.45)"]),
    ({"positive_style_prompt": "ink"}, {}, ["positive_style_prompt (ink)"]),
    ({"steps": None, "seed": {}, "model": 4}, {}, ["Left out: seed", "does not say its steps"]),
]  # fmt: skip


@pytest.mark.parametrize(("more", "has", "says"), INVOKE_ROWS)
def test_invokeai_is_taken_or_told(more: dict[str, Any], has: dict[str, Any], says: list[str]) -> None:
    check(carried(invokeai_metadata=json.dumps(INVOKE | more)), has, says)


def test_the_first_versions_of_invokeai_are_read_too() -> None:
    image = {
        "prompt": [{"prompt": "a house [ugly]", "weight": 1}],
        "steps": 30,
        "cfg_scale": 7.5,
        "seed": 4,
        "height": 512,
    }
    data = {"model_weights": "sd-1.5", "image": image | {"width": 512, "sampler": "k_euler_a"}, "app_version": "2.3"}
    has = {"prompt": "a house", "negative": "ugly", "sampler": "euler_a", "model": "sd-1.5", "steps": 30}
    check(carried(**{"sd-metadata": json.dumps(data)}), has, [])


# ComfyUI

GRAPH: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {
        "seed": 156680208700286, "steps": 20, "cfg": 8, "sampler_name": "euler_ancestral", "scheduler": "karras",
        "denoise": 1, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a house", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "bad", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
}  # fmt: skip
FLUX: dict[str, Any] = {
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["40", 0], "clip": ["11", 0]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["13", 0], "vae": ["10", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}},
    "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors"}},
    "13": {"class_type": "SamplerCustomAdvanced", "inputs": {
        "noise": ["25", 0], "guider": ["22", 0], "sampler": ["16", 0], "sigmas": ["17", 0], "latent_image": ["27", 0]}},
    "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "17": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 20, "denoise": 1}},
    "22": {"class_type": "BasicGuider", "inputs": {"model": ["12", 0], "conditioning": ["26", 0]}},
    "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 219}},
    "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
    "27": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
    "40": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a ship"}},
}  # fmt: skip


def graph(**changes: Any) -> dict[str, Any]:
    """The usual graph with other inputs of its nodes: ``n3={"seed": 1}`` for node 3; with further nodes."""
    found = {id: {**node, "inputs": dict(node["inputs"])} for id, node in GRAPH.items()}
    found["3"]["inputs"]["seed"] = 7
    for name, change in changes.items():
        if "class_type" in change:
            found[name[1:]] = change
        else:
            found[name[1:]]["inputs"] |= change
    return found


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


MODEL = ["4", 0]
SECOND = node("KSampler", seed=9, steps=9, cfg=3, sampler_name="ddim", scheduler="normal", denoise=0.5, model=["4", 0],
              positive=["6", 0], negative=["7", 0], latent_image=["21", 0])  # fmt: skip
COMFY_ROWS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (GRAPH, {"prompt": "a house", "negative": "bad", "sampler": "euler_a", "spacing": "karras", "steps": 20,
             "guidance": 8.0, "model": "v1-5.safetensors", "size": Size(width=640, height=512)}, ["Seeds go up to"]),
    (graph(), {"seed": 7}, []),
    (graph(n3={"seed": ["30", 0]}, n30=node("PrimitiveInt", value=11)), {"seed": 11}, []),
    (graph(n3={"model": ["30", 0]}, n30=node("LoraLoader", lora_name="l.safetensors", strength_model=0.8, model=MODEL)),
     {"model": "v1-5.safetensors"}, ["The LoRA l.safetensors (0.8)"]),
    (graph(n6={"text": "[red] (big:1.2) embedding:x"}), {"prompt": r"\[red\] (big:1.2) embedding:x"}, ["Embeddings"]),
    (graph(n6={"clip": ["30", 0]}, n30=node("CLIPSetLastLayer", stop_at_clip_layer=-2)), {"clip_skip": 2}, []),
    (graph(n3={"positive": ["30", 0]},
           n30=node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["31", 0]),
           n31=node("CLIPTextEncode", text="a sea")), {"prompt": "a house AND a sea"}, ["Several prompts"]),
    (graph(n3={"negative": ["30", 0]}, n30=node("ConditioningZeroOut", conditioning=["6", 0])), {"negative": ""}, []),
    (graph(n3={"latent_image": ["30", 0], "denoise": 0.6},
           n30=node("VAEEncode", pixels=["31", 0]), n31=node("LoadImage")),
     {}, ["painted over another picture (strength 0.6)", "does not say its size"]),
    (graph(n20=SECOND, n21=node("LatentUpscaleBy", samples=["3", 0], scale_by=2), n8={"samples": ["20", 0]}),
     {"steps": 20, "sampler": "euler_a", "size": Size(width=640, height=512)},
     ["A further sampler, node 20 (denoise 0.5)"]),
    (graph(n3={"positive": ["30", 0]}, n30=node("ControlNetApply", conditioning=["6", 0], strength=1)),
     {"prompt": "a house"}, ["The node ControlNetApply"]),
    (FLUX, {"prompt": "a ship", "negative": "", "seed": 219, "steps": 20, "sampler": "euler", "spacing": "simple",
            "model": "flux1-dev.safetensors", "size": Size(width=1024, height=1024)}, ["does not say its guidance"]),
    (FLUX | {"17": node("KarrasScheduler", steps=9, sigma_max=10, sigma_min=0.1, rho=5),
             "16": node("SamplerDPMPP_2M_SDE", eta=1)},
     {"spacing": "karras", "steps": 9, "sampler": "dpmpp_2m_sde", "tuning": Tuning(sigma_max=10, sigma_min=0.1, rho=5)},
     ["does not say its guidance"]),
    (graph(n6={"text": ["6", 0]}), {"prompt": ""}, []),  # a circle
    (graph(n3={"positive": ["99", 0], "steps": ["98", 0], "cfg": None}), {"prompt": ""},
     ["Left out: steps", "its guidance"]),
    (graph(n3={"sampler_name": 5, "scheduler": [1, 2, 3]}), {}, ["The sampler '5'", "The spacing '[1, 2, 3]'"]),
    ({"1": node("StrangeSampler", seed=1)}, {}, ["none of ComfyUI's own samplers", "does not say"]),
    ({"1": 5, "2": {"class_type": 4}, "3": {"inputs": {}}}, {}, ["is damaged", "does not say"]),
]  # fmt: skip


@pytest.mark.parametrize(("nodes", "has", "says"), COMFY_ROWS)
def test_comfyui_is_taken_or_told(nodes: dict[str, Any], has: dict[str, Any], says: list[str]) -> None:
    check(carried(prompt=json.dumps(nodes)), has, says)


def test_a_workflow_alone_is_read_by_the_places_of_its_values(tmp_path: Path) -> None:
    def page(id: int, kind: str, values: Any, **links: int) -> dict[str, Any]:
        return {
            "id": id,
            "type": kind,
            "widgets_values": values,
            "inputs": [{"name": n, "link": v} for n, v in links.items()],
        }

    nodes = [
        page(3, "KSampler", [5, "randomize", 22, 6.5, "dpmpp_2m", "karras", 1], positive=1, negative=2,
             latent_image=3, model=4),
        page(6, "CLIPTextEncode", ["a house"]), page(7, "CLIPTextEncode", ["bad"]),
        page(5, "EmptyLatentImage", [640, 512, 1]), page(4, "CheckpointLoaderSimple", ["v1-5.ckpt"]),
        page(9, "SaveImage", ["x"], images=5), page(8, "VAEDecode", [], samples=6), "no node",
    ]  # fmt: skip
    links = [[1, 6, 0, 3, 1], [2, 7, 0, 3, 2], [3, 5, 0, 3, 3], [4, 4, 0, 3, 0], [5, 8, 0, 9, 0], [6, 3, 0, 8, 0], None]
    text = json.dumps({"nodes": nodes, "links": links})
    found = carried(workflow=text)
    has = {"prompt": "a house", "negative": "bad", "seed": 5, "steps": 22, "guidance": 6.5, "model": "v1-5.ckpt"}
    check(found, has | {"size": Size(width=640, height=512), "spacing": "karras"}, [])
    assert carried(prompt="{}", workflow=text).request == found.request
    broken = json.dumps(
        {"nodes": [*nodes, {"id": {}, "type": [], "inputs": [7]}], "links": [*links, [[], 1, 2], [{}], 5]}
    )
    assert carried(workflow=broken).request == found.request
    path = photo(tmp_path / "a.webp", {0x010F: f"workflow:{text}", 0x0110: f"prompt:{json.dumps(graph())}"})
    assert read_any(path).request.sampling.seed == 7


# All of them

SAMPLES = {
    "fooocus": {"fooocus_scheme": "fooocus", "parameters": json.dumps(FOOOCUS)},
    "swarmui": {"parameters": json.dumps({"sui_image_params": SWARM})},
    "invokeai": {"invokeai_metadata": json.dumps(INVOKE)},
    "comfyui": {"prompt": json.dumps(GRAPH)},
}


@pytest.mark.parametrize("name", SAMPLES)
def test_each_is_found_in_a_real_file(tmp_path: Path, name: str) -> None:
    found = read_any(png(tmp_path / "a.png", SAMPLES[name]))
    assert found.program.lower() == name and found.request.prompt


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("cut", [1, 20, 60, -1])
def test_half_a_record_is_told_to_be_damaged(name: str, cut: int) -> None:
    chunks = {key: text[:cut] if text.startswith("{") else text for key, text in SAMPLES[name].items()}
    found = carried_from(Texts(chunks))
    if found is not None:  # half of SwarmUI's may be too little to tell whose it is
        assert "damaged" in found.notes[0] and found.request == TextToImage()


def test_values_within_values_and_commands_to_a_terminal_do_no_harm() -> None:
    for depth in (100, 400, 800, 900, 950, 990):
        deep = "[" * depth + "]" * depth
        found = carried_from(Texts({"invokeai_metadata": '{"seed": ' + deep + ', "vae": ' + deep + "}"}))
        assert found is not None and found.request == TextToImage()
    found = carried(invokeai_metadata=json.dumps(INVOKE | {"scheduler": "\x1b[2J\x07", "vae": "\x1b]0;x\x07"}))
    assert all(note.isprintable() for note in found.notes)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("text", ["[" * 50_000, "null", "[]", '"x"', "5", '{"sui_image_params": 5}', "NaN"])
def test_another_kind_of_json_breaks_nothing(name: str, text: str) -> None:
    chunks = {key: text if value.startswith("{") else value for key, value in SAMPLES[name].items()}
    found = carried_from(Texts(chunks))
    assert found is None or (found.request == TextToImage() and "does not say" in found.notes[-1])


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30)
@given(st.data())
def test_no_value_of_any_setting_breaks_a_reader(data: st.DataObject) -> None:
    def spoilt(record: dict[str, Any]) -> str:
        names = data.draw(st.lists(st.sampled_from(sorted(record)), max_size=4))
        return json.dumps(record | {name: data.draw(ANY) for name in names})

    nodes = {id: each | {"inputs": json.loads(spoilt(each["inputs"]))} for id, each in GRAPH.items() if each["inputs"]}
    for chunks in (
        {"fooocus_scheme": "fooocus", "parameters": spoilt(FOOOCUS)},
        {"parameters": json.dumps({"sui_image_params": json.loads(spoilt(SWARM))})},
        {"invokeai_metadata": spoilt(INVOKE)},
        {"prompt": json.dumps(nodes)},
        {"workflow": json.dumps({"nodes": data.draw(ANY), "links": data.draw(ANY)})},
    ):
        found = carried(**chunks)
        assert all(note.endswith(".") for note in found.notes)
        assert found.request.to_json() and isinstance(found.request.sampling, Sampling)


def test_a_picture_without_a_recipe_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=f"holds no recipe that is known here: {', '.join(READERS)} and ours"):
        read_any(png(tmp_path / "a.png", {"Software": "paint"}))
    (tmp_path / "no.png").write_bytes(b"no picture")
    for name, words in (("no.png", "is not a picture"), ("none.png", "There is no file"), ("", "cannot be opened")):
        with pytest.raises(UnreadableImage, match=words):
            read_any(tmp_path / name)
