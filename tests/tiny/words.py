"""Real tokenizers over a few words."""

from __future__ import annotations

from typing import Any

WORDS = ["a", "the", "red", "blue", "house", "tree", "boat", "hill", "sea", "meadow", "night", "on", "left", "with"]


def make_tokenizer(pad: str = "<|endoftext|>") -> Any:
    """A real CLIP tokenizer over all bytes and a few words; ``pad``: the token that fills chunks up."""
    from transformers import CLIPTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    tokens = letters + [letter + "</w>" for letter in letters]
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair not in merges:
                merges.append(pair)
                tokens.append("".join(pair))
            parts[:2] = ["".join(pair)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=77, pad_token=pad)


def make_t5_tokenizer() -> Any:
    """A real T5 tokenizer over ASCII and a few words."""
    from transformers import T5TokenizerFast

    letters = [chr(code) for code in range(33, 127)]
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -4.0)]
    pieces += [(f"▁{word}", -3.0) for word in WORDS] + [(letter, -6.0) for letter in letters]
    return T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512)


def make_gemma_tokenizer() -> Any:
    """A real Gemma tokenizer over ASCII and a few words."""
    from transformers import GemmaTokenizer

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    tokens = [*special, "\n", "▁", *(chr(code) for code in range(33, 127))]
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        start = word[0]
        for letter in word[1:]:
            merges.append((start, letter))
            start += letter
            tokens.append(start)
        merges.append((word, "▁"))
        tokens.append(f"{word}▁")
    vocab = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    merges = list(dict.fromkeys(merges))
    return GemmaTokenizer(vocab=vocab, merges=merges, add_bos_token=True, model_max_length=8192)


CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)


def make_qwen_tokenizer() -> Any:
    """A real Qwen tokenizer over all bytes and a few words, with a chat template."""
    from transformers import Qwen2Tokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    tokens = list(bytes_to_unicode().values())
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        parts = list(word)
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair not in merges:
                merges.append(pair)
                tokens.append("".join(pair))
            parts[:2] = ["".join(pair)]
        merges.append(("Ġ", word))
        tokens.append(f"Ġ{word}")
    tokens += ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocab = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Qwen2Tokenizer(vocab=vocab, merges=merges, model_max_length=4096)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.chat_template = CHAT
    return tokenizer
