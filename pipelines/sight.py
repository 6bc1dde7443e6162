"""What the model will see of a prompt: its tokens and their weights, step by step; nothing is loaded or encoded.

A prompt is read by `prompt.parse`; the tokenizer is that of the model's family.  It is one as transformers has them:
called with a text it gives ``input_ids``, and it can ``convert_ids_to_tokens`` and ``decode``.  CLIP's reads any number
of chunks; another, such as T5's, one sequence, and what is beyond its ``model_max_length`` is not seen at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest
from typing import Any

from pipelines.adapters.words import Words
from pipelines.prompt import Part, Piece, Prompt, chunk_tokens, pieces, token_weights
from pipelines.tokenizer import is_clip, sequence_weights

WORD_ENDS = "</w>"  # how CLIP's vocabulary marks a token that ends a word
WORD_STARTS = ("▁", "Ġ")  # how T5's and Qwen's mark one that begins it
CUT = "·"  # between the pieces of one word
NO_WORDS = Words({})


@dataclass(frozen=True)
class Token:
    """One of the places that the model looks at; ``ends_word`` is False where the word goes on in the next token."""

    number: int
    text: str
    weight: float
    ends_word: bool


@dataclass(frozen=True)
class Chunk:
    """What is encoded at once: at most ``room`` tokens, between a start and an end that are not counted."""

    tokens: tuple[Token, ...]
    room: int

    @property
    def used(self) -> int:
        """How many of the places are taken."""
        return len(self.tokens)


@dataclass(frozen=True)
class Side:
    """One side of an AND, which the picture is guided towards with ``weight``."""

    weight: float
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class Stretch:
    """Steps from ``first`` to ``last``, counted from 1, in which the prompt says the same."""

    first: int
    last: int
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class CutWord:
    """A word that is no single token, and the pieces that the model sees of it."""

    word: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Sight:
    """All that is seen; ``cut``: each word once, in order; ``hints``: what the readers of the prompt have to say."""

    stretches: tuple[Stretch, ...]
    cut: tuple[CutWord, ...] = ()
    hints: tuple[str, ...] = ()


def look(prompt: Prompt, tokenizer: Any, steps: int, hints: Sequence[str] = (), words: Words = NO_WORDS) -> Sight:
    """What a model sees of a prompt in ``steps`` steps, at least one; ``hints``: those of `expansion`, to put first.

    Of a negative prompt it sees `prompt.joined`.  ``words``: names that are learnt words.
    """
    eye = _Eye(tokenizer, words)
    said = [tuple(words.spelled(pieces(part, step, steps)) for part in prompt.parts) for step in range(1, steps + 1)]
    stretches, first = [], 1
    for wording, same in groupby(said):
        last = first + len(list(same)) - 1
        stretches.append(Stretch(first, last, tuple(map(eye.side, prompt.parts, wording))))
        first = last + 1
    every = (word for stretch in stretches for side in stretch.sides for word in _words(side))
    cut = dict.fromkeys(eye.cut_word(word) for word in every if len(word) > 1)
    return Sight(tuple(stretches), tuple(cut), tuple(dict.fromkeys([*hints, *prompt.hints, *eye.hints])))


def describe(sight: Sight) -> str:
    """The same for a person to read, in lines; steps that say the same are told once."""
    when: dict[tuple[Side, ...], list[Stretch]] = {}
    for stretch in sight.stretches:
        when.setdefault(stretch.sides, []).append(stretch)
    lines: list[str] = []
    for sides, stretches in when.items():
        lines += [_steps(stretches), *_sides(sides)] if len(when) > 1 else _sides(sides)
    if sight.cut:
        cut = (f"{each.word} ({CUT.join(each.pieces)})" for each in sight.cut)
        lines.append(f"Words that the model sees in pieces: {', '.join(cut)}")
    return "\n".join([*lines, *(f"Note: {hint}" for hint in sight.hints)])


class _Eye:
    """Looks at wordings through a tokenizer, at each token and each wording once."""

    def __init__(self, tokenizer: Any, words: Words) -> None:
        self.tokenizer = tokenizer
        self.words = words
        self.chunks = is_clip(tokenizer)
        self.room = tokenizer.model_max_length - (2 if self.chunks else 1)  # a start and an end, or an end
        self.hints: list[str] = []
        self.special = frozenset(tokenizer.all_special_ids)
        self.known: dict[int, tuple[str, bool]] = {}
        self.seen: dict[tuple[Piece, ...], tuple[Chunk, ...]] = {}

    def side(self, part: Part, wording: tuple[Piece, ...]) -> Side:
        """A side of an AND in the words that it has in a step."""
        if wording not in self.seen:
            self.seen[wording] = tuple(Chunk(self._tokens(chunk), self.room) for chunk in self._chunks(wording))
        return Side(part.weight, self.seen[wording])

    def _chunks(self, wording: tuple[Piece, ...]) -> list[list[tuple[int, float]]]:
        """What is read of a wording; a hint where that is not all."""
        if self.chunks:
            return chunk_tokens(token_weights(self.tokenizer, wording), self.room)
        whole = sequence_weights(self.tokenizer, wording)
        read, beyond = whole[: self.room], whole[self.room :]
        if beyond:
            lost = self.tokenizer.decode([number for number, _ in beyond]).strip()
            self.hints.append(
                f"The model reads {self.room} tokens, and this prompt has {len(whole)}: it does not see {lost[:60]!r}"
                + ("." if len(lost) <= 60 else " and what follows.")
            )
        return [read]

    def _tokens(self, chunk: Sequence[tuple[int, float]]) -> tuple[Token, ...]:
        """Where words are told by how they begin, one ends where the next begins."""
        read = [self._token(*each) for each in chunk]
        if self.chunks or not read:
            return tuple(read)
        signs = [self.tokenizer.convert_ids_to_tokens(number) for number, _ in chunk]
        begins = [sign.startswith(WORD_STARTS) for sign in signs[1:]] + [True]
        return tuple(replace(token, ends_word=ends) for token, ends in zip(read, begins, strict=True))

    def cut_word(self, word: Sequence[Token]) -> CutWord:
        """A word of several tokens, put together again."""
        whole = self.tokenizer.decode([token.number for token in word]).strip()
        return CutWord(whole, tuple(token.text for token in word))

    def _token(self, number: int, weight: float) -> Token:
        if number not in self.known:
            self.known[number] = self._text(number)
        return Token(number, self.known[number][0], weight, self.known[number][1])

    def _text(self, number: int) -> tuple[str, bool]:
        """A token's letters, or the vocabulary's signs where it holds half a letter, and whether it ends a word."""
        if number < 0:
            return self.words.text_of(number), True
        sign = self.tokenizer.convert_ids_to_tokens(number)
        letters = self.tokenizer.decode([number]).strip()
        whole = letters and "\ufffd" not in letters
        plain = sign.removesuffix(WORD_ENDS).lstrip("".join(WORD_STARTS))
        return letters if whole else plain, sign.endswith(WORD_ENDS) or number in self.special


def _words(side: Side) -> Iterator[tuple[Token, ...]]:
    """The tokens of each word; a word may go on in the next chunk."""
    word: list[Token] = []
    for token in (token for chunk in side.chunks for token in chunk.tokens):
        word.append(token)
        if token.ends_word:
            yield tuple(word)
            word = []
    if word:
        yield tuple(word)


def _steps(stretches: Iterable[Stretch]) -> str:
    """``Steps 1-4, 9:``"""
    ranges = [str(each.first) if each.first == each.last else f"{each.first}-{each.last}" for each in stretches]
    return f"Step{'s' if len(ranges) > 1 or '-' in ranges[0] else ''} {', '.join(ranges)}:"


def _sides(sides: tuple[Side, ...]) -> Iterator[str]:
    for number, side in enumerate(sides, 1):
        if len(sides) > 1 or side.weight != 1:
            yield f"  Side {number} of {len(sides)}, weight {side.weight:g}:"
        for place, chunk in enumerate(side.chunks, 1):
            name = f"Chunk {place}, {chunk.used}" if len(side.chunks) > 1 else f"{chunk.used}"
            yield f"    {name} of {chunk.room} places: {_plain(chunk) or '(nothing)'}"


def _plain(chunk: Chunk) -> str:
    """``a red(×1.3) house``, the pieces of a word joined by dots; they share a weight, which is told once."""
    text = ""
    for token, after in zip_longest(chunk.tokens, chunk.tokens[1:]):
        done = token.ends_word or after is None
        text += token.text + (f"(×{token.weight:.3g})" if done and token.weight != 1 else "")
        text += " " if token.ends_word else CUT
    return text[:-1]
