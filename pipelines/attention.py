"""The attention setting: what was asked for, what is really on.

diffusers ignores some requests silently, and packages that are there may be broken, built for another torch, or wrong
for the heads of a model.  So each is tried on the device against plain arithmetic before it is trusted, and what is on
is read back from the layers themselves.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.errors import AttentionUnavailable

if TYPE_CHECKING:
    import torch

    from pipelines.attending import Attend

CHOICES = ("auto", "sdpa", "xformers", "flash", "sage", "sliced")

BACKENDS = {"sdpa": ("native",), "xformers": ("xformers",), "flash": ("_flash_3", "flash"), "sage": ("sage",)}
"""The names that diffusers has for a choice, the better ones first."""

RIVALS = ("_native_cudnn", "xformers", "_flash_3", "flash")
"""What auto compares with sdpa on a GPU: all that is as exact."""

TITLES = {"native": "sdpa", "blocks": "in blocks", "_native_cudnn": "sdpa by cuDNN", "_flash_3": "flash 3"}

PACKAGES = {"xformers": "diffusion-studio[xformers]", "flash": "flash-attn", "sage": "sageattention"}

ELSEWHERE = ("cpu", "mps")
"""Devices on which PyTorch's own attention is all there is."""

TOLERANCES = {"float32": 1e-3, "float16": 5e-3, "bfloat16": 3e-2}
"""How far an answer may be from plain arithmetic, as a share of its own size; ten times what rounding does."""

COARSE = 0.1
"""The same for what computes in eight bits on purpose (sage)."""

QUERIES, WORDS = 333, 77
"""Tokens of a trial: no multiple of anything, and as many as a prompt has."""

FULL = 4096
"""Tokens of a comparison: those of a large picture."""

GAIN = 1.05
"""How much faster than sdpa something must be for auto to choose it."""

Heads = tuple[int, int]
"""How many a layer has, and how wide each is."""


def use_attention(network: Any, choice: str, device: torch.device) -> str:
    """Switch a network to ``choice`` and return in words what is on.

    auto is PyTorch's own (sdpa), or, on a GPU, something as exact that is measured to be faster there; for bfloat16 on
    the processor it is matrix products block by block, which are nearly twice as fast as sdpa there.
    AttentionUnavailable where an explicit choice cannot be honoured.
    """
    if choice not in CHOICES:
        raise AttentionUnavailable(f"Unknown attention {choice!r}: choose one of {', '.join(CHOICES)}.")
    shapes = heads_of(network)
    is_free = choice == "auto"
    backend = preferred(network, shapes, device) if is_free else trusted(choice, shapes, network.dtype, device)
    try:
        for layer in _layers(network):
            _switch(layer, backend)
    except ValueError as error:
        raise AttentionUnavailable(f"Attention {choice!r} cannot be switched on ({error}): choose auto.") from error
    return _really_on(network, backend, shapes, device)


def trusted(choice: str, shapes: Sequence[Heads], dtype: torch.dtype, device: torch.device) -> str:
    """The backend of a choice that answers as it should on this device; AttentionUnavailable where none does."""
    if choice in PACKAGES and device.type in ELSEWHERE:
        raise AttentionUnavailable(f"Attention {choice!r} runs on an NVIDIA GPU, not on {device.type}: choose auto.")
    fault: str | None = None
    for backend in BACKENDS.get(choice, (choice,)):
        fault = fault_of(backend, shapes, dtype, device)
        if fault is None:
            return backend
    hint = f'run pip install "{PACKAGES[choice]}", or choose auto' if _is_missing(choice) else "choose auto"
    raise AttentionUnavailable(f"Attention {choice!r} cannot be switched on ({fault}): {hint}.")


def fault_of(backend: str, shapes: Sequence[Heads], dtype: torch.dtype, device: torch.device) -> str | None:
    """What is wrong with a backend for heads like these, tried on the device; None where it is well."""
    try:
        attend = function_of(backend)
        for heads, width in shapes:
            for keys in (QUERIES, WORDS):
                error = error_of(attend, (heads, width), keys, dtype, device)
                if not error <= (COARSE if backend == "sage" else TOLERANCES[str(dtype).removeprefix("torch.")]):
                    return f"for {heads} heads of width {width} its answers are wrong by {error:.0%}"
    except Exception as error:  # a package that is there but broken, or built for another torch, can raise anything
        return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    return None


def error_of(attend: Attend, heads: Heads, keys: int, dtype: torch.dtype, device: torch.device) -> float:
    """How far a function is from plain arithmetic on numbers drawn for it, as a share of what is right."""
    import torch

    from pipelines.attending import plainly

    q, k, v = _drawn(heads, (QUERIES, keys, keys), dtype, device)
    right, answer = plainly(q, k, v), attend(q, k, v)
    if answer.shape != q.shape:
        raise ValueError(f"it answers in the shape {tuple(answer.shape)}, not {tuple(q.shape)}")
    return float(torch.linalg.vector_norm(answer.float() - right) / torch.linalg.vector_norm(right))


def preferred(network: Any, shapes: Sequence[Heads], device: torch.device) -> str:
    """The backend that auto means: what is measured to be fastest on a GPU, what is known to be on the processor."""
    import torch

    from pipelines import onednn

    if device.type == "cuda" and shapes:
        return fastest(shapes, network.dtype, device)
    if device.type == "cpu" and network.dtype is torch.bfloat16 and onednn.computes_bfloat16():
        return "blocks" if shapes and all(map(_takes_functions, _layers(network))) else "native"
    return "native"


def fastest(shapes: Sequence[Heads], dtype: torch.dtype, device: torch.device) -> str:
    """The backend that takes least time on a GPU for the model's most numerous tokens, if it is worth a change."""
    heads = min(shapes, key=lambda each: each[1])  # the narrowest have the most tokens to see
    base = best = _seconds("native", heads, dtype, device)
    chosen = "native"
    for rival in RIVALS:
        if fault_of(rival, shapes, dtype, device) is None:
            took = _seconds(rival, heads, dtype, device)
            if took < best and took * GAIN < base:
                best, chosen = took, rival
    return chosen


def heads_of(network: Any) -> list[Heads]:
    """Every kind of head that the layers of a network have."""
    found = set()
    for layer in _layers(network):
        heads = getattr(layer, "heads", 0)
        if heads and hasattr(layer, "to_q"):
            found.add((heads, layer.to_q.out_features // heads))
        elif heads and hasattr(layer, "head_dim"):
            found.add((heads, layer.head_dim))
    return sorted(found)


def _seconds(backend: str, heads: Heads, dtype: torch.dtype, device: torch.device) -> float:
    """The least time of a call for two large pictures, of several."""
    import torch

    attend, (q, k, v) = function_of(backend), _drawn(heads, (FULL, FULL, FULL), dtype, device)
    times = []
    for _ in range(8):
        torch.cuda.synchronize(device)
        began = time.perf_counter()
        attend(q, k, v)
        torch.cuda.synchronize(device)
        times.append(time.perf_counter() - began)
    return min(times)


def _drawn(
    heads: Heads, tokens: Sequence[int], dtype: torch.dtype, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Queries, keys and values for two pictures."""
    import torch

    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, count, *heads, generator=draw).to(device, dtype) for count in tokens)
    return q, k, v


def function_of(backend: str) -> Attend:
    """The function that a backend is; RuntimeError where its package is missing or too old."""
    from diffusers.models import attention_dispatch

    from pipelines.attending import in_blocks, sliced, through

    own = {"sliced": sliced, "blocks": in_blocks}
    if backend in own:
        return own[backend]
    attention_dispatch._check_attention_backend_requirements(attention_dispatch.AttentionBackendName(backend))
    return through(backend)


def _is_missing(choice: str) -> bool:
    """Whether the package of a choice is not there at all."""
    from importlib.util import find_spec

    names = {"xformers": ("xformers",), "flash": ("flash_attn", "flash_attn_interface"), "sage": ("sageattention",)}
    return choice in names and not any(find_spec(name) for name in names[choice])


def _layers(network: Any) -> list[Any]:
    return [part for part in network.modules() if getattr(part, "processor", None) is not None]


def _takes_functions(layer: Any) -> bool:
    """Whether a layer can pay attention by any function, not only by those that diffusers has names for."""
    from diffusers.models.attention_processor import AttnProcessor2_0, JointAttnProcessor2_0

    from pipelines.attending import is_plain

    processor = layer.processor
    return isinstance(processor, JointAttnProcessor2_0) or (type(processor) is AttnProcessor2_0 and is_plain(layer))


def _switch(layer: Any, backend: str) -> None:
    """Let a layer pay attention by a backend; ValueError where it is of a kind that cannot."""
    from diffusers.models.attention_dispatch import AttentionBackendName
    from diffusers.models.attention_processor import AttnProcessor2_0, JointAttnProcessor2_0

    from pipelines.attending import Attending, AttendingJointly, is_plain

    processor = layer.processor
    if hasattr(processor, "_attention_backend"):
        if backend == "sliced":
            raise ValueError("a transformer of this kind cannot slice it")
        processor._attention_backend = AttentionBackendName(backend)
    elif isinstance(processor, JointAttnProcessor2_0):
        own = JointAttnProcessor2_0() if backend == "native" else AttendingJointly(function_of(backend), backend)
        layer.set_processor(own)
    elif isinstance(processor, AttnProcessor2_0) and (backend == "native" or is_plain(layer)):
        layer.set_processor(AttnProcessor2_0() if backend == "native" else Attending(function_of(backend), backend))
    elif backend != "native":
        raise ValueError(f"a layer of this model is a {type(processor).__name__}")


def _really_on(network: Any, backend: str, shapes: Sequence[Heads], device: torch.device) -> str:
    """What the layers say themselves; AttentionUnavailable where it is not what they were told."""
    found = {_kind(layer.processor) for layer in _layers(network)}
    if backend != "native" and found - {backend}:
        raise AttentionUnavailable(
            f"Attention {backend!r} was asked for, but {' and '.join(sorted(found))} is on: choose auto for this model."
        )
    title = TITLES.get(backend, backend)
    if backend == "native" and device.type == "cuda" and shapes:
        return f"{title} ({kernel_of(shapes[0], network.dtype, device)})"
    return title


def _kind(processor: Any) -> str:
    backend = getattr(processor, "_attention_backend", None)
    if backend is not None:
        return str(backend.value)
    return getattr(processor, "kind", "native" if "2_0" in type(processor).__name__ else type(processor).__name__)


def kernel_of(heads: Heads, dtype: torch.dtype, device: torch.device) -> str:
    """Which of its own kernels PyTorch takes for heads like these."""
    import torch
    from torch.nn.attention import SDPBackend

    q, k, v = (each.transpose(1, 2) for each in _drawn(heads, (FULL, FULL, FULL), dtype, device))
    named: str = SDPBackend(torch._fused_sdp_choice(q, k, v)).name
    return named.removesuffix("_ATTENTION").lower()
