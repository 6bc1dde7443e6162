"""A way of paying attention is used if it answers as plain arithmetic does, and refused in a sentence if not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from diffusers.models import attention_dispatch as library

from pipelines import attention
from pipelines.attention import fault_of, heads_of, use_attention
from pipelines.engine.guidance import Query
from pipelines.errors import AttentionUnavailable
from pipelines.prompt import Piece

CPU = torch.device("cpu")
NETWORKS = ("sd", "sdxl", "sd3", "flux", "zimage", "qwen", "flux2", "chroma")
NEWER = ("flux", "zimage", "qwen", "flux2", "chroma")

Answer = Callable[[Any, Any, Any], Any]


def right(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """What packages for attention answer: (n, tokens, heads, width)."""
    return F.scaled_dot_product_attention(*(each.transpose(1, 2) for each in (q, k, v))).transpose(1, 2)


def unscaled(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """As if the scores had not been divided by the root of the width."""
    return right(q * q.shape[-1] ** 0.5, k, v)


def confused(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """As if tokens were heads."""
    return F.scaled_dot_product_attention(q, k[:, : q.shape[1]], v[:, : q.shape[1]])


def broken(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    raise OSError("libcudart.so.11: cannot open shared object file\nand a long tale")


def endless(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return right(q, k, v) * torch.nan


def turned(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return right(q, k, v).transpose(1, 2)


WRONG = {
    unscaled: r"its answers are wrong by \d+%",
    confused: r"(its answers are wrong by \d+%|must match)",
    broken: r"libcudart\.so\.11: cannot open shared object file\)",
    endless: "its answers are wrong by nan%",
    turned: "it answers in the shape",
}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """``installed("flash", answer)``: as if the package were there, for this device, with the number of calls."""

    def install(choice: str, answer: Answer) -> list[int]:
        calls = [0]

        def called(q: Any, k: Any, v: Any, *rest: Any, **more: Any) -> Any:
            calls[0] += 1
            return answer(q, k, v)

        flags = {"xformers": "_CAN_USE_XFORMERS_ATTN", "flash": "_CAN_USE_FLASH_ATTN", "sage": "_CAN_USE_SAGE_ATTN"}
        monkeypatch.setattr(attention, "ELSEWHERE", ())
        monkeypatch.setattr(library, flags[choice], True)
        if choice == "xformers":
            monkeypatch.setattr(library, "xops", type("xops", (), {"memory_efficient_attention": called}))
        elif choice == "flash":
            monkeypatch.setattr(library, "flash_attn_func", called)
        else:
            monkeypatch.setattr(library, "sageattn", called)
        return calls

    return install


def estimate(family: Any) -> torch.Tensor:
    """What a model says to a little noise."""
    x = torch.randn(family.facts.channels, 8, 8, generator=torch.Generator().manual_seed(0))
    (said,) = family.encode_prompts([(Piece("a red tree"),)])
    with torch.inference_mode():
        (x0,) = family.estimate([Query(x, family.path.shifted(64, None).at_timestep(500), said)])
    return x0


@pytest.mark.parametrize("choice", ["xformers", "flash", "sage"])
@pytest.mark.parametrize("kind", NETWORKS)
def test_what_answers_rightly_is_used_in_every_layer(
    models: Any, installed: Callable[..., list[int]], kind: str, choice: str
) -> None:
    family = models(kind).family
    before = estimate(family)
    calls = installed(choice, right)
    try:
        assert use_attention(family.network, choice, CPU) == choice
        tried = calls[0]
        assert tried > 0
        torch.testing.assert_close(estimate(family), before, rtol=1e-3, atol=1e-4)
        layers = [part for part in family.network.modules() if getattr(part, "processor", None) is not None]
        assert calls[0] - tried == len(layers) > 0
    finally:
        assert use_attention(family.network, "auto", CPU) == "sdpa"
    used = calls[0]
    assert torch.equal(estimate(family), before) and calls[0] == used


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.__name__)
@pytest.mark.parametrize("choice", ["xformers", "flash", "sage"])
def test_what_answers_wrongly_is_refused_and_left_off(
    models: Any, installed: Callable[..., list[int]], choice: str, answer: Answer
) -> None:
    family = models("sd").family
    calls = installed(choice, answer)
    with pytest.raises(AttentionUnavailable, match=WRONG[answer]) as refused:
        use_attention(family.network, choice, CPU)
    assert str(refused.value).startswith(f"Attention {choice!r} cannot be switched on (")
    assert "\n" not in str(refused.value) and str(refused.value).endswith("choose auto.")
    tried = calls[0]
    estimate(family)
    assert calls[0] == tried > 0


@pytest.mark.parametrize("choice", ["xformers", "flash", "sage"])
def test_what_is_not_installed_or_not_for_this_device_is_refused(
    models: Any, choice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = models("sd").family.network
    with pytest.raises(AttentionUnavailable, match=f"'{choice}' runs on an NVIDIA GPU, not on cpu: choose auto"):
        use_attention(network, choice, CPU)
    monkeypatch.setattr(attention, "ELSEWHERE", ())
    with pytest.raises(AttentionUnavailable, match=rf"'{choice}' cannot be switched on \(.*missing.*pip install"):
        use_attention(network, choice, CPU)


@pytest.mark.parametrize("kind", NETWORKS)
def test_sliced_attention_is_on_or_refused(models: Any, kind: str) -> None:
    family = models(kind).family
    before = estimate(family)
    if kind in NEWER:
        with pytest.raises(AttentionUnavailable, match="a transformer of this kind cannot slice it"):
            use_attention(family.network, "sliced", CPU)
    else:
        assert use_attention(family.network, "sliced", CPU) == "sliced"
        after = estimate(family)
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)
    assert use_attention(family.network, "sdpa", CPU) == "sdpa"
    assert torch.equal(estimate(family), before)


def test_the_heads_of_a_model_are_those_that_are_tried(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny networks: two heads of 16, or a UNet's levels with two heads each of half their channels."""
    assert heads_of(models("flux").family.network) == heads_of(models("flux2").family.network) == [(2, 16)]
    unet = models("sd").family.network
    widths = {channels // 2 for channels in unet.config.block_out_channels[-1:]}
    assert {width for _, width in heads_of(unet)} == widths
    shapes: list[Any] = []
    monkeypatch.setattr(attention, "error_of", lambda attend, heads, *rest: shapes.append(heads) or 0.0)
    assert fault_of("native", [(2, 16), (8, 40)], torch.float32, CPU) is None
    assert set(shapes) == {(2, 16), (8, 40)}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_pytorchs_own_stays_well_within_what_is_allowed(dtype: torch.dtype) -> None:
    for backend in ("native", "sliced"):
        assert fault_of(backend, [(8, 40), (4, 64), (2, 160)], dtype, CPU) is None


def test_a_gpu_gets_what_is_fastest_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is right is timed, and a small gain is not worth a change."""
    seconds = {"native": 1.0, "_native_cudnn": 0.97, "xformers": 0.5, "_flash_3": 0.4, "flash": 0.45}
    monkeypatch.setattr(attention, "_seconds", lambda backend, *rest: seconds[backend])
    monkeypatch.setattr(attention, "fault_of", lambda backend, *rest: "no" if backend == "_flash_3" else None)
    assert attention.fastest([(8, 40)], torch.float16, CPU) == "flash"
    monkeypatch.setattr(attention, "fault_of", lambda backend, *rest: None if "native" in backend else "no")
    assert attention.fastest([(8, 40)], torch.float16, CPU) == "native"
