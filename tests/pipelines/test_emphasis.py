"""Emphasis against compel, a library of its own: which token has which weight, and what that does to its vector.

compel writes ``(red)1.3`` where A1111, and we, write ``(red:1.3)``.  It also means something else by it.  With z the
encoded prompt, e the encoded empty prompt and w a token's weight, above 1:

    compel    e + w · (z − e)
    A1111     w · z · mean(z) / mean(w · z), the means over a chunk of 77 tokens

So compel is the oracle for the tokens, their weights and z; A1111's formula is written out here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import compel
import pytest
import torch
from torch import Tensor

from pipelines.prompt import chunk_tokens, parse, pieces, token_weights
from tests.tiny import make_sd_pipeline

LONG = " ".join(["a red house on the hill,", "the blue boat left,"] * 9)
CLOSE = {"rtol": 0.0, "atol": 1e-5}


class Reading(NamedTuple):
    """What compel makes of a prompt: tokens and weights (77·n), and the encoding without weights (77·n, width)."""

    tokens: list[int]
    weights: Tensor
    plain: Tensor


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tiny model whose encoder ends as a trained one does: with a mean that is not 0, so that it can be kept."""
    from pipelines.loading import load

    pipeline = make_sd_pipeline()
    norm = next(part for name, part in pipeline.text_encoder.named_modules() if name.endswith("final_layer_norm"))
    with torch.no_grad():
        norm.bias.copy_(torch.randn(norm.bias.shape, generator=torch.Generator().manual_seed(0)) * 0.3 + 0.2)
    folder = tmp_path_factory.mktemp("model")
    pipeline.save_pretrained(folder)
    return load(folder, device="cpu")


@pytest.fixture(scope="module")
def oracle(family: Any) -> Any:
    from compel.embeddings_provider import SplitLongTextMode

    brutal = SplitLongTextMode.BRUTAL  # after 75 tokens, wherever that is
    return compel.Compel(
        family.tokenizer, family.text_encoder, truncate_long_prompts=False, split_long_text_mode=brutal
    )


def read(oracle: Any, source: str) -> Reading:
    (prompt,) = oracle.parse_prompt_string(source).prompts
    texts, weights = [each.text for each in prompt.children], [each.weight for each in prompt.children]
    tokens, spread, _ = oracle.conditioning_provider.get_token_ids_and_expand_weights(texts, weights, "cpu")
    return Reading(tokens.tolist(), spread, oracle(" ".join(texts))[0])


def weigh(plain: Tensor, weights: Tensor) -> Tensor:
    """A1111's formula, chunk by chunk."""
    chunks = []
    for z, w in zip(plain.split(77), weights.split(77), strict=True):
        scaled = z * w[:, None]
        chunks.append(scaled * (z.mean() / scaled.mean()))
    return torch.cat(chunks)


def encode(family: Any, source: str) -> Tensor:
    (part,) = parse(source).parts
    return family.encode_prompts([pieces(part, 1, 1)])[0].tokens


@pytest.mark.parametrize("prompt", ["", "a red house", "an untaught word, 1024!", "Größe 日本", LONG, f"{LONG} {LONG}"])
def test_without_weights_we_encode_as_compel_does(family: Any, oracle: Any, prompt: str) -> None:
    ours, theirs = encode(family, prompt), oracle(prompt)[0]
    torch.testing.assert_close(ours, theirs, **CLOSE)


WEIGHTED = [
    ("a (red:1.3) house", "a (red)1.3 house"),
    ("a (red) house", "a red+ house"),
    ("a ((red)) house", "a red++ house"),
    ("a [red] house", "a (red)0.9090909 house"),
    ("a (red:0.5) house", "a (red)0.5 house"),
    ("(a red:0.7) (house:1.6)", "(a red)0.7 (house)1.6"),
    ("(a (red:1.3) house:1.5) on the hill", "(a (red)1.3 house)1.5 on the hill"),
    ("(a (red:1.3) (blue:0.5) house:1.5)", "(a (red)1.3 (blue)0.5 house)1.5"),
    ("((a [red] house))", "((a (red)0.9090909 house)1.1)1.1"),
    ("an (untaught:1.4) word, (1024:0.8)", "an (untaught)1.4 word, (1024)0.8"),
    (f"(boat:1.4) {LONG} (boat:0.6) hill", f"(boat)1.4 {LONG} (boat)0.6 hill"),
    (f"a ({LONG}:1.3) hill", f"a ({LONG})1.3 hill"),
]


@pytest.mark.parametrize(("ours", "theirs"), WEIGHTED)
def test_the_weights_that_compel_finds_give_a1111s_vectors(family: Any, oracle: Any, ours: str, theirs: str) -> None:
    reading = read(oracle, theirs)
    assert set(reading.weights.tolist()) != {1.0}
    torch.testing.assert_close(encode(family, ours), weigh(reading.plain, reading.weights), **CLOSE)


@pytest.mark.parametrize(("ours", "theirs"), WEIGHTED)
def test_each_token_has_the_weight_that_compel_gives_it(family: Any, oracle: Any, ours: str, theirs: str) -> None:
    reading = read(oracle, theirs)
    (part,) = parse(ours).parts
    chunks = chunk_tokens(token_weights(family.tokenizer, pieces(part, 1, 1)), 75)
    start, end, pad = (getattr(family.tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad"))
    padded = [[(start, 1.0), *chunk, (end, 1.0), *[(pad, 1.0)] * (75 - len(chunk))] for chunk in chunks]
    assert [token for chunk in padded for token, _ in chunk] == reading.tokens
    assert [weight for chunk in padded for _, weight in chunk] == pytest.approx(reading.weights.tolist())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("a (red:1.3) house", "a (red)1.3 house"),
        ("(a (red:1.3) house:1.5) on the hill", "(a (red)1.3 house)1.5 on the hill"),
    ],
)
def test_compels_own_way_differs_by_the_empty_prompt(family: Any, oracle: Any, ours: str, theirs: str) -> None:
    """w · z − (e + w · (z − e)) = (w − 1) · e, once the factor that keeps the mean is taken out of ours."""
    reading, empty = read(oracle, theirs), encode(family, "")
    assert abs(float(empty.mean())) > 0.1
    scaled = reading.plain * reading.weights[:, None]
    kept = reading.plain.mean() / scaled.mean()
    difference = encode(family, ours) / kept - oracle(theirs)[0]
    torch.testing.assert_close(difference, (reading.weights[:, None] - 1) * empty, rtol=0.0, atol=1e-4)
