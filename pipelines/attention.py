"""The attention setting: what was asked for, what is really on.

diffusers ignores some requests silently, so the answer is read back from the modules themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pipelines.errors import AttentionUnavailable

if TYPE_CHECKING:
    import torch

CHOICES = ("auto", "sdpa", "xformers", "sliced")


def use_attention(modules: Sequence[Any], choice: str, device: torch.device) -> str:
    """Switch ``modules`` to ``choice`` and return what is on.

    auto: PyTorch's own memory-efficient attention (sdpa), which is at least as fast as xformers on current releases.
    AttentionUnavailable where an explicit choice cannot be honoured.
    """
    if choice not in CHOICES:
        raise AttentionUnavailable(f"Unknown attention {choice!r}: choose one of {', '.join(CHOICES)}.")
    if choice == "xformers":
        _require_xformers(device)
    try:
        for module in modules:
            _switch(module, choice)
    except Exception as error:  # a package that is there but broken, or built for another torch, can raise anything
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise AttentionUnavailable(f"Attention {choice!r} cannot be switched on ({reason}): choose auto.") from error
    found = {kind for module in modules for kind in _kinds(module)}
    wanted = "sdpa" if choice == "auto" else choice
    if found - {wanted}:
        raise AttentionUnavailable(
            f"Attention {choice!r} was asked for, but {' and '.join(sorted(found))} is on: choose auto for this model."
        )
    return wanted


def _switch(module: Any, choice: str) -> None:
    if not hasattr(module, "set_default_attn_processor"):
        _switch_transformer(module, choice)
    elif choice == "xformers":
        module.enable_xformers_memory_efficient_attention()
    elif choice == "sliced":
        from diffusers.models.attention_processor import SlicedAttnProcessor

        module.set_attn_processor(SlicedAttnProcessor(slice_size=1))
    else:
        from diffusers.models.attention_processor import AttnProcessor2_0

        module.set_attn_processor(AttnProcessor2_0())


def _switch_transformer(module: Any, choice: str) -> None:
    """Transformers pay attention in ways of their own: newer ones name a backend, older ones (SD3) have classes."""
    from diffusers.models.attention_dispatch import AttentionBackendName

    if choice == "sliced":
        raise ValueError("a transformer cannot slice it")
    older = False
    for processor in _processors(module):
        if hasattr(processor, "_attention_backend"):
            processor._attention_backend = AttentionBackendName("xformers" if choice == "xformers" else "native")
        else:
            older = True
    if older and choice == "xformers":
        module.enable_xformers_memory_efficient_attention()


def _processors(module: Any) -> list[Any]:
    return [part.processor for part in module.modules() if getattr(part, "processor", None) is not None]


def _kinds(module: Any) -> set[str]:
    return {_kind(processor) for processor in _processors(module)}


def _kind(processor: Any) -> str:
    backend, name = getattr(processor, "_attention_backend", None), type(processor).__name__
    if backend is not None:
        return "sdpa" if backend.value == "native" else str(backend.value)
    for part, kind in (("XFormers", "xformers"), ("Sliced", "sliced"), ("2_0", "sdpa")):
        if part in name:
            return kind
    return name


def _require_xformers(device: torch.device) -> None:
    if find_spec("xformers") is None:
        raise AttentionUnavailable(
            "Attention 'xformers' needs the package xformers, which is not installed: "
            'run pip install "diffusion-studio[xformers]", or choose auto.'
        )
    if device.type != "cuda":
        raise AttentionUnavailable(f"Attention 'xformers' runs on an NVIDIA GPU, not on {device.type}: choose auto.")
