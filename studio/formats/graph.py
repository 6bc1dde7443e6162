"""ComfyUI's graphs: nodes with inputs that are values or links to other nodes.

    {"3": {"class_type": "KSampler", "inputs": {"seed": 5, "model": ["4", 0], ...}}, ...}

Such a graph is the chunk ``prompt``.  The chunk ``workflow`` holds the same as it lies on the page, where a node's
values have places but no names; what those places mean is known of the nodes that come with ComfyUI.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DEEPEST = 64
"""Links in a row that are followed to a value."""
VALUES = ("value", "text", "string", "seed", "noise_seed", "int", "float", "number", "prompt")
"""Inputs under which nodes that only hold a value have it."""

PLACES: dict[str, tuple[str, ...]] = {
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "CLIPTextEncode": ("text",),
    "CLIPSetLastLayer": ("stop_at_clip_layer",),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "KSampler": ("seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": (
        "add_noise", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler", "start_at_step", "end_at_step",
        "return_with_leftover_noise",
    ),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "RandomNoise": ("noise_seed",),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "PrimitiveNode": ("value",),
    "LatentUpscaleBy": ("upscale_method", "scale_by"),
}  # fmt: skip
"""Which input each of a node's values is, in the order of the page; an empty name is one that only the page needs."""


@dataclass(frozen=True)
class Node:
    """``kind``: its class.  ``inputs``: by name, each a value or a link ``[id, output]``."""

    id: str
    kind: str
    inputs: Mapping[str, Any]


class Graph:
    """The nodes by their ids; whatever is no node is left out, and links may lead nowhere or in circles."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.nodes = {str(id): node for id, row in data.items() if (node := _node(str(id), row))}

    def behind(self, node: Node, name: str) -> Node | None:
        """The node that an input is linked to."""
        link: Any = node.inputs.get(name)
        return self.nodes.get(str(link[0])) if _is_link(link) else None

    def value(self, node: Node, name: str) -> Any:
        """The value of an input, also of one that another node holds; None where there is none."""
        for _ in range(DEEPEST):
            found = node.inputs.get(name)
            if not _is_link(found):
                return found
            following = self.behind(node, name)
            if following is None:
                return None
            node = following
            name = next((each for each in (name, *VALUES) if each in node.inputs), name)
        return None

    def upstream(self, node: Node | None) -> Iterator[Node]:
        """A node and all that it is made from, nearest first, each once."""
        waiting = [node] if node else []
        seen = {each.id for each in waiting}
        for each in waiting:
            yield each
            for name in each.inputs:
                found = self.behind(each, name)
                if found and found.id not in seen:
                    seen.add(found.id)
                    waiting.append(found)


def of_workflow(data: Mapping[str, Any]) -> dict[str, Any]:
    """The graph of a workflow, as far as places are known."""
    rows = (row for row in _rows(data.get("links")) if isinstance(row, list) and len(row) > 2)
    links = {row[0]: [str(row[1]), row[2]] for row in rows if isinstance(row[0], int)}
    return {
        str(row.get("id")): {"class_type": row.get("type"), "inputs": _placed(row) | _linked(row, links)}
        for row in _rows(data.get("nodes"))
        if isinstance(row, Mapping) and row.get("mode") not in (2, 4)  # switched off, or passed by
    }


def _placed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a node by name: what is known of their places, or what the node says itself."""
    values = row.get("widgets_values")
    if isinstance(values, Mapping):
        return dict(values)
    named = zip(PLACES.get(str(row.get("type")), ()), _rows(values), strict=False)
    return {name: value for name, value in named if name}


def _linked(row: Mapping[str, Any], links: Mapping[int, list[Any]]) -> dict[str, Any]:
    inputs = [each for each in _rows(row.get("inputs")) if isinstance(each, Mapping)]
    return {str(each.get("name")): links[each["link"]] for each in inputs if _known(each.get("link"), links)}


def _known(link: Any, links: Mapping[int, list[Any]]) -> bool:
    return isinstance(link, int) and link in links


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)


def _node(id: str, row: Any) -> Node | None:
    if not isinstance(row, Mapping) or not isinstance(row.get("class_type"), str):
        return None
    inputs = row.get("inputs", {})
    return Node(id, row["class_type"], inputs if isinstance(inputs, Mapping) else {})
