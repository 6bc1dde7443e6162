"""From a model reference to a family on a device."""

from __future__ import annotations

from pathlib import Path

import torch

from pipelines.attention import use_attention
from pipelines.errors import ModelError
from pipelines.families import FAMILIES, module_of
from pipelines.families.family import Family
from pipelines.placement import FREE, Placement, dtype_of
from pipelines.quantising import check_torchao, kinds_in
from pipelines.shelf import Shelf
from pipelines.sources import Folder, Source
from pipelines.sources.checkpoint import Checkpoint
from pipelines.sources.folder import read_config
from pipelines.sources.identify import identify, refuse_useless
from pipelines.sources.other_vae import OtherVae
from pipelines.tuning import gains_by_bfloat16, tune


def load(
    reference: str | Path,
    *,
    device: str = "auto",
    precision: str = "auto",
    attention: str = "auto",
    memory: str = "auto",
    models: str | Path | None = None,
    vae: str | Path | None = None,
) -> Family:
    """Load the model in the diffusers folder or the .safetensors file ``reference``.  Nothing is downloaded.

    ``models``: a models folder (`pipelines/shelf.py`), on which ``reference`` may be a name, and on which LoRAs and
    the like are looked up.  ``vae``: another autoencoder than the model's own, a file, a folder or a name there.
    ``precision``, ``attention``, ``memory``: see `docs/placement.md`; ``auto`` is what suits the model and the machine.
    Raises ModelError for what is missing, incomplete or of an unknown kind, and AttentionUnavailable.
    """
    path = find("checkpoint", reference, models)
    kind, source = open_source(path)
    if kind not in FAMILIES:
        raise ModelError(f"{path} holds a {kind}; these kinds are known: {', '.join(FAMILIES)}.")
    if vae is not None:
        source = OtherVae(source, find("vae", vae, models))
    refuse_incomplete(source)
    module, on = module_of(kind), pick_device(device)
    dtype = dtype_of(precision, on, module.HALF)
    if precision in FREE and gains_by_bfloat16(source, on):
        dtype = torch.bfloat16
    if precision == "int8":
        check_torchao()
    placement = Placement(on, dtype, attention, memory, integers=precision == "int8").settled(source, module.HALF)
    family: Family = module.load(source, placement)
    prepare(family, placement)
    family.shelf = None if models is None else Shelf(Path(models))
    if vae is not None:
        family.report = {**family.report, "vae": Path(vae).stem}
    return family


def refuse_incomplete(source: Source) -> None:
    """ModelError where a part is missing or cut off: told from headers, before anything large is read."""
    for part in source.needed:
        source.count(part)


def prepare(family: Family, placement: Placement) -> None:
    """Make a model that has been read ready for work, and say in its report what is really on."""
    for name, part in family.modules.items():
        placement.place(name, part)
    attention = use_attention(family.network, placement.attention, placement.device)
    profile = tune(family.network, placement)
    if placement.apart:
        family.parts.settle(placement.memory)
    else:
        family.parts.memory = placement.memory  # there is nowhere to go
    family.parts.stays = placement.integers
    family.report = {
        "family": family.facts.family,
        "device": str(placement.device),
        "precision": precision_of(family),
        "attention": attention,
        "placement": family.parts.said,
        "profile": profile,
        **family.report,
    }


def precision_of(family: Family) -> str:
    """In what type a model computes, in words, and how the network's matrices are kept where that is another."""
    precision, other = (str(part.dtype).removeprefix("torch.") for part in (family.network, family.modules["vae"]))
    said = precision if precision == other else f"{precision}, the autoencoder in {other}"
    kinds = kinds_in(family.network)
    return f"{said}, matrices of the network in {' and '.join(kinds)}" if kinds else said


def find(kind: str, reference: str | Path, models: str | Path | None) -> Path:
    """The path that a reference is, or the one that it names on the shelf of the models folder."""
    path = Path(reference)
    return path if models is None or path.exists() else Shelf(Path(models)).find(kind, str(reference))


def open_source(path: Path) -> tuple[str, Source]:
    """What diffusers calls the pipeline of the model at ``path``, and its parts, none of them read yet."""
    if path.is_file():
        contents = identify(path)
        refuse_useless(contents)
        return contents.kind.pipeline, Checkpoint(contents)
    if not path.is_dir():
        raise ModelError(f"There is no model at {path}: give a folder in diffusers' layout, or a .safetensors file.")
    if not (path / "model_index.json").is_file():
        raise ModelError(f"{path} is not a model in diffusers' layout: it has no model_index.json.")
    return str(read_config(path / "model_index.json").get("_class_name")), Folder(path)


def pick_device(choice: str) -> torch.device:
    """``auto`` is an NVIDIA GPU where there is one, else the CPU; anything else must be a device of this machine."""
    if choice == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(choice)
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(f"This machine has no device {choice!r}: choose auto or cpu.") from error
    return device
