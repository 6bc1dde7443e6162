"""ComfyUI: the chunk ``prompt`` holds the graph that ran, ``workflow`` the page; in WebP they are EXIF tags.

A graph can do anything.  It is followed back from the picture that was saved to the first sampler, the one that begins
with empty latents; what that sampler is given is the request.  Further samplers and nodes that change models or
conditionings are told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from studio.formats.draft import Carried, Draft, number
from studio.formats.graph import Graph, Node, of_workflow
from studio.formats.texts import MAKE, MODEL, Texts

SAMPLERS = ("KSampler", "KSamplerAdvanced", "SamplerCustom", "SamplerCustomAdvanced")
OUTPUTS = ("SaveImage", "PreviewImage", "SaveImageWebsocket", "SaveAnimatedWEBP", "Image Save")
LOADERS = {"CheckpointLoaderSimple": "ckpt_name", "CheckpointLoader": "ckpt_name", "UNETLoader": "unet_name"}
LORAS = ("LoraLoader", "LoraLoaderModelOnly")
WORDS = ("text", "text_g", "clip_l", "t5xxl", "text_l", "prompt")
"""Inputs of text encoders, of which the first that has text is taken."""
SCHEDULES = {"KarrasScheduler": "karras", "ExponentialScheduler": "exponential", "SDTurboScheduler": "simple"}
SCHEDULES |= {"PolyexponentialScheduler": "polyexponential", "BetaSamplingScheduler": "beta"}
SCHEDULES |= {"AlignYourStepsScheduler": "align_your_steps"}
BOUNDS = {"sigma_min": "sigma_min", "sigma_max": "sigma_max", "rho": "rho"}
CHANGES: tuple[str, ...] = (
    "ControlNet",
    "IPAdapter",
    "FreeU",
    "Patch",
    "unCLIP",
    "StyleModel",
    "ConditioningSet",
    "GLIGEN",
    "PAG",
)
CHANGES += ("PerturbedAttention", "HyperTile", "RescaleCFG", "ModelSampling", "ModelMerge", "ConditioningAverage")
"""Parts of the names of nodes that change what the sampler does."""


def read(texts: Texts) -> Carried | None:
    """What ComfyUI says; None where it did not write the file."""
    prompt = texts.chunks.get("prompt") or _tagged(texts, "prompt:")
    workflow = texts.chunks.get("workflow") or _tagged(texts, "workflow:")
    if not prompt and not workflow:
        return None
    draft = Draft("ComfyUI")
    graph = Graph(_loaded(prompt)) if prompt else None
    if graph is None or not graph.nodes:
        graph = Graph(of_workflow(_loaded(workflow)))
    if not graph.nodes:
        draft.damaged()
        return draft.carried()
    sampler = _first(draft, graph)
    if sampler is None:
        draft.note("The graph has none of ComfyUI's own samplers, so that its settings cannot be told.")
        return draft.carried()
    return _carried(draft, graph, sampler)


def _tagged(texts: Texts, head: str) -> str:
    found = (texts.exif.get(tag, "") for tag in (MODEL, MAKE))
    return next((text.removeprefix(head) for text in found if text.startswith(head)), "")


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _first(draft: Draft, graph: Graph) -> Node | None:
    """The sampler that begins with empty latents, else the one farthest from the picture; the others are told."""
    ends = [node for node in graph.nodes.values() if node.kind in OUTPUTS] or list(graph.nodes.values())
    found = {each.id: each for end in ends for each in graph.upstream(end) if each.kind in SAMPLERS}
    empty = [each for each in found.values() if _canvas(graph, each)]
    chosen = next(reversed(empty or list(found.values())), None)
    for other in found.values():
        if other is not chosen:
            told = graph.value(other, "denoise")
            draft.left(f"A further sampler, node {other.id}", "" if told is None else f"denoise {told}")
    return chosen


def _carried(draft: Draft, graph: Graph, sampler: Node) -> Carried:
    _numbers(draft, graph, sampler)
    guider = graph.behind(sampler, "guider") or sampler
    positive = graph.behind(guider, "positive") or graph.behind(guider, "conditioning")
    draft.prompt = _words(draft, graph, positive)
    draft.negative = _words(draft, graph, graph.behind(guider, "negative"))
    _latents(draft, graph, sampler)
    around = list(graph.upstream(sampler))
    for node in around:
        if node.kind in LOADERS and not draft.model:
            draft.model = str(graph.value(node, LOADERS[node.kind]) or "")
        elif node.kind in LORAS:
            draft.lora(graph.value(node, "lora_name"), graph.value(node, "strength_model"))
        elif node.kind == "CLIPSetLastLayer":
            layer = number(graph.value(node, "stop_at_clip_layer"))
            draft.clip_skip(-layer if isinstance(layer, int) else layer)
        elif any(part in node.kind for part in CHANGES):
            draft.left(f"The node {node.kind}")
    return draft.carried()


def _numbers(draft: Draft, graph: Graph, sampler: Node) -> None:
    """What stands on the sampler, or on the nodes that newer samplers are given instead."""
    sources = [sampler, *(graph.behind(sampler, name) for name in ("noise", "guider", "sampler", "sigmas"))]
    takes = {
        "seed": draft.seed, "noise_seed": draft.seed, "steps": draft.steps, "cfg": draft.guidance,
        "sampler_name": draft.sampler, "scheduler": draft.spacing,
    }  # fmt: skip
    for node in filter(None, sources):
        for name, take in takes.items():
            if node.inputs.get(name) is not None:
                take(graph.value(node, name))
        if node.kind in SCHEDULES:
            draft.spacing(SCHEDULES[node.kind])
            given = {
                ours: number(graph.value(node, theirs)) for theirs, ours in BOUNDS.items() if theirs in node.inputs
            }
            draft.set("tuning", **given)
        elif node.kind.startswith("Sampler") and node is not sampler:
            _named(draft, node)


def _named(draft: Draft, node: Node) -> None:
    """``SamplerEulerAncestral`` and its like are samplers by name."""
    draft.sampler(node.kind.removeprefix("Sampler"))


def _words(draft: Draft, graph: Graph, conditioning: Node | None) -> str:
    """The prompt behind a conditioning.  Brackets mean nothing in ComfyUI; several texts stand side by side."""
    texts = list(dict.fromkeys(_texts(graph, conditioning)))
    if len(texts) > 1:
        draft.note("Several prompts were put together by nodes; here they are joined by AND.")
    found = " AND ".join(texts)
    if "embedding:" in found:
        draft.note("Embeddings, as in embedding:name, are read literally here.")
    return found.replace("[", r"\[").replace("]", r"\]")


def _texts(graph: Graph, conditioning: Node | None) -> Iterator[str]:
    """The texts of the encoders nearest to a conditioning, one of each."""
    waiting, seen = [conditioning], set()
    for node in waiting:
        if node is None or node.id in seen or node.kind == "ConditioningZeroOut":
            continue
        seen.add(node.id)
        found = [graph.value(node, name) for name in WORDS if name in node.inputs]
        text = next((each for each in found if isinstance(each, str)), None)
        if text is not None:
            yield text
        else:
            waiting += [graph.behind(node, name) for name in node.inputs if "control" not in name]


def _canvas(graph: Graph, sampler: Node) -> Node | None:
    """The node with the empty latents that a sampler begins with, if it does."""
    node = graph.behind(sampler, "latent_image")
    for each in graph.upstream(node):
        if each.kind in SAMPLERS or "Encode" in each.kind:
            return None
        if each.kind.startswith("Empty") and "Latent" in each.kind:
            return each
    return None


def _latents(draft: Draft, graph: Graph, sampler: Node) -> None:
    """The size of the empty latents, or that there was a picture."""
    canvas = _canvas(graph, sampler)
    if canvas is None:
        return draft.painted_over(graph.value(sampler, "denoise") or "")
    draft.size(graph.value(canvas, "width"), graph.value(canvas, "height"))
    denoise = number(graph.value(sampler, "denoise"))
    if isinstance(denoise, int | float) and denoise < 1:
        draft.left("A denoise below 1 of empty latents", denoise)
