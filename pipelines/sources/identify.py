"""What a safetensors file is, told from its header alone.  Imports no torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ModelError
from pipelines.sources.foreign import FOREIGN, FOREIGN_MODELS
from pipelines.sources.header import Header, read_header
from pipelines.sources.kinds import BASES, KINDS, Kind
from pipelines.sources.names import Names
from pipelines.sources.reading import spread

PRECISIONS = {
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F64": "float64",
    "F8_E4M3": "float8",
    "F8_E5M2": "float8",
}
QUANTISED = (".scale_weight", ".absmax", ".quant_map", ".weight_scale", ".qweight", "scaled_fp8", ".wscales")
"""How the names end that go with weights which are no plain numbers."""

WIDTHS = {768: "sd1", 1024: "sd2", 1280: "sdxl", 2048: "sdxl", 4096: "flux"}
"""The width of an encoded prompt → the base that reads it."""

FLUX_CELLS = (3072, 64)
"""The shape of what takes Flux's latents in, four cells of sixteen channels at once."""

CHANNELS: dict[tuple[int, ...], str] = {(4,): "", (9,): "_inpaint"}
"""What a network of Stable Diffusion is given → the end of its kind's name."""


@dataclass(frozen=True)
class Contents:
    """What a file holds.  ``base``: of `BASES`, what it goes with, where it is no model and that can be told.

    ``parts``: of a model, those that are in the file.  ``precision``: of most of its numbers.  ``v``, ``zero_snr``: it
    is marked as predicting v, as trained down to zero signal.  ``quantised``: its weights are no plain numbers.
    ``looks``: what something unknown looks like.
    """

    header: Header
    kind: Kind
    base: str = ""
    parts: frozenset[str] = frozenset()
    precision: str = ""
    v: bool = False
    zero_snr: bool = False
    quantised: bool = False
    looks: str = ""


def identify(path: Path) -> Contents:
    """What is in a file; ModelError where it is no safetensors file, or a damaged one."""
    return contents(read_header(path))


def contents(header: Header) -> Contents:
    """What is in the file that has this header; its kind may be ``unknown``."""
    names = Names(header.tensors)
    name, base = _named(header, names)
    kind = KINDS[name]
    told = header.metadata.get("modelspec.prediction_type", "").lower()
    v = "v_pred" in header.tensors or told in ("v", "v_prediction")
    return Contents(
        header=header,
        kind=kind,
        base=base,
        parts=frozenset(part for part, place in kind.parts.items() if names.start(*place.starts)),
        precision=_precision(header),
        v=v or name == "sd2_v",
        zero_snr="ztsnr" in header.tensors,
        quantised=names.end(*QUANTISED),
        looks=_looks(header, names) if name == "unknown" else "",
    )


def refuse_useless(contents: Contents) -> None:
    """ModelError, saying what the file is instead, where it is no model that makes pictures."""
    path, kind = contents.header.path, contents.kind
    if kind.name == "unknown":
        raise ModelError(f"{path} is of no kind that is known here: it looks like {contents.looks}.")
    if kind.role != "model":
        base = f" for {BASES[contents.base]}" if contents.base else ""
        raise ModelError(f"{path} is no model but {_a(kind.title)}{base}: give the model that it goes with.")


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiouAEIOU" else f"a {noun}"


def _precision(header: Header) -> str:
    sizes: Counter[str] = Counter()
    for tensor in header.tensors.values():
        sizes[tensor.dtype] += tensor.size
    common = sizes.most_common(1)
    return PRECISIONS.get(common[0][0], common[0][0].lower()) if common else ""


def _named(header: Header, names: Names) -> tuple[str, str]:
    """The names of the kind and of the base: whatever fits first, the most telling marks before others."""
    if names.end(*LORA):
        return "lora", _lora_base(header, names)
    if names.start(*CONTROL_BLOCKS):
        return "controlnet", _transformers_base(header)
    network = "model.diffusion_model." if names.start("model.diffusion_model.") else ""
    foreign = names.hold(*(fragment for fragment, _ in FOREIGN_MODELS))
    model = "" if foreign else _model(header, names, network)
    return (model, "") if model else _other(header, names)


CONTROL_BLOCKS = ("controlnet_blocks.", "controlnet_x_embedder.")
"""How names begin that only ControlNets of transformers have, beside those of the network that they go with."""


def _transformers_base(header: Header) -> str:
    """By how each takes in the picture that it is shown, or the one on its way; others are not known."""
    there = header.tensors
    if "pos_embed_input.proj.weight" in there:
        return "sd3"
    known = "double_blocks.0.img_attn.norm.key_norm.scale" in there or header.shape("x_embedder.weight") == FLUX_CELLS
    return "flux" if known else ""


def _model(header: Header, names: Names, network: str) -> str:
    """The kind of the diffusion network whose names begin like this; empty where there is none."""
    there = header.tensors
    if f"{network}double_blocks.0.img_attn.norm.key_norm.scale" in there:
        return _flux(header, network)
    if f"{network}joint_blocks.0.context_block.adaLN_modulation.1.bias" in there:
        if f"{network}joint_blocks.0.x_block.attn2.ln_q.weight" in there:
            return "sd35_medium"
        return "sd35_large" if f"{network}joint_blocks.0.x_block.attn.ln_q.weight" in there else "sd3"
    if network and f"{network}input_blocks.0.0.weight" in there:
        return _unet(header, names)
    return ""


def _flux(header: Header, network: str) -> str:
    """Which Flux: by what the picture's cells are laid beside, and whether guidance is told."""
    channels = header.shape(f"{network}img_in.weight")[-1:]
    if channels == (384,):
        return "flux_fill"
    if channels == (128,):
        return ""  # Canny or Depth
    return "flux_dev" if f"{network}guidance_in.in_layer.weight" in header.tensors else "flux_schnell"


def _unet(header: Header, names: Names) -> str:
    """Which Stable Diffusion: by its text encoders where they are in the file, else by the width they had."""
    channels = header.shape("model.diffusion_model.input_blocks.0.0.weight")[1:2]
    suffix = CHANNELS.get(channels)
    if suffix is None:
        return ""
    width = _width(header, "attn2.to_k.weight")
    if "model.diffusion_model.label_emb.0.0.weight" in header.tensors:
        refiner = names.start("conditioner.embedders.0.model.") or width == 1280
        return "sdxl_refiner" if refiner else f"sdxl{suffix}"
    if names.start("cond_stage_model.model.") or width == 1024:
        return "sd2_v" if not suffix and _sd2_predicts_v(header) else f"sd2{suffix}"
    return f"sd1{suffix}" if names.start("cond_stage_model.transformer.") or width == 768 else ""


def _width(header: Header, end: str) -> int:
    """The second side of the first tensor whose name ends like this, 0 where there is none."""
    return next(
        (tensor.shape[1] for name, tensor in header.tensors.items() if name.endswith(end) and tensor.shape[1:]), 0
    )


def _sd2_predicts_v(header: Header) -> bool:
    """Whether a Stable Diffusion 2 predicts v: by its notes or its mark, else by one tensor's spread.

    Names and shapes are the same in both.  What tells them apart is the spread of a bias near the network's end, which
    is above 0.09 in the models that predict v; ComfyUI goes by it, too.
    """
    told = header.metadata.get("modelspec.prediction_type", "").lower()
    if told or "v_pred" in header.tensors:
        return told != "epsilon"
    return spread(header, "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias") > 0.09


def _other(header: Header, names: Names) -> tuple[str, str]:
    """What is no model: name and base."""
    there = header.tensors
    if names.start("image_proj.", "ip_adapter."):
        return "ip_adapter", WIDTHS.get(_width(header, "to_k_ip.weight"), "")
    if names.start("control_model.", "input_hint_block.", "controlnet_cond_embedding."):
        return "controlnet", _controlnet_base(header, names)
    if names.start("model.diffusion_model."):
        return "unknown", ""
    if "decoder.conv_in.weight" in there or "first_stage_model.decoder.conv_in.weight" in there:
        return "vae", ""
    if "encoder.block.0.layer.0.SelfAttention.q.weight" in there:
        return "text_encoder", ""
    if "text_model.embeddings.token_embedding.weight" in there:
        return "text_encoder", ""
    if "vision_model.embeddings.patch_embedding.weight" in there:
        return "image_encoder", ""
    if names.start("conv_first.", "model.0.weight", "params_ema.", "params.conv_first"):
        return "upscaler", ""
    return _embedding(header)


def _controlnet_base(header: Header, names: Names) -> str:
    xl = names.hold("label_emb.") or names.start("add_embedding.")
    return "sdxl" if xl else WIDTHS.get(_width(header, "attn2.to_k.weight"), "")


def _embedding(header: Header) -> tuple[str, str]:
    """A textual inversion has a few vectors of a text encoder's width, and nothing else."""
    if {"clip_l", "clip_g"} <= header.tensors.keys():
        return "embedding", "sdxl"
    if len(header.tensors) == 1:
        ((name, tensor),) = header.tensors.items()
        if 1 <= len(tensor.shape) <= 2 and not name.endswith((".weight", ".bias")):
            return "embedding", WIDTHS.get(tensor.shape[-1], "")
    return "unknown", ""


LORA = (
    ".lora_down.weight",
    ".lora_A.weight",
    ".lora.down.weight",
    "_lora.down.weight",
    ".hada_w1_a",
    ".lokr_w1",
    ".lokr_w1_a",
    ".oft_blocks",
)
"""How names end that only LoRAs and their like have."""

NOTED = (
    ("flux", "flux"),
    ("sd3", "sd3"),
    ("stable-diffusion-3", "sd3"),
    ("xl", "sdxl"),
    ("sd_v1", "sd1"),
    ("stable-diffusion-v1", "sd1"),
    ("sd_v2", "sd2"),
    ("stable-diffusion-v2", "sd2"),
)
"""What trainers write of the base → the base."""

ONLY = (
    (("double_blocks", "single_blocks", "single_transformer_blocks"), "flux"),
    (("joint_blocks", "context_embedder", "attn.add_k_proj", "attn_add_k_proj"), "sd3"),
    (("lora_te2_", "text_encoder_2.", "add_embedding", "_input_blocks_7_1_transformer_blocks_9"), "sdxl"),
)
"""What only one base has in its names."""


def _lora_base(header: Header, names: Names) -> str:
    """By what the training noted, else by names that only one base has, else by the width of what reads the prompt."""
    notes = header.metadata.get("ss_base_model_version", "") + header.metadata.get("modelspec.architecture", "").lower()
    noted = next((base for mark, base in NOTED if mark in notes), "")
    told = noted or next((base for fragments, base in ONLY if names.hold(*fragments)), "")
    ends = ("attn2_to_k.lora_down.weight", "attn2.to_k.lora_A.weight", "attn2.to_k.lora_down.weight")
    widths = (_width(header, end) for end in ends)
    return told or next((WIDTHS[width] for width in widths if width in WIDTHS), "")


def _looks(header: Header, names: Names) -> str:
    """What a file of unknown kind looks like, in words that go after "looks like"."""
    known = next((looks for fragment, looks in FOREIGN if names.hold(fragment)), "")
    first = ", ".join(sorted(header.tensors)[:2])
    strange = f"nothing that is known here, with tensors such as {first[:120]}" if first else "a file without tensors"
    return known or strange
