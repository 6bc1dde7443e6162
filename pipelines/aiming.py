"""From a request's words to what each step is guided towards: wordings encoded, with what is on for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pipelines.adapters.controls import Held, Shown
from pipelines.adapters.image_prompts import Glimpse
from pipelines.adapters.rack import Adapters
from pipelines.canvas import to_pixels
from pipelines.controls import Example
from pipelines.engine.guidance import Aim
from pipelines.errors import InvalidRequest
from pipelines.families.family import Facts, Family
from pipelines.prompt import Piece, Prompt, joined, parse, pieces, tags
from pipelines.requests import Request

if TYPE_CHECKING:
    from pipelines.planning import Canvas

Wording = tuple[Piece, ...]
On = TypeVar("On")


def aims_of(family: Family, request: Request, steps: int, canvas: Canvas) -> tuple[list[Aim], Adapters]:
    """What each step is guided towards and away from, and what is on; every wording that comes up is encoded once."""
    positive, said = parse(request.prompt), wordings_of(request, steps)
    every = dict.fromkeys(wording for towards, away in said for wording in (*(each for each, _ in towards), away))
    check_weights(every, family.facts)
    adapters = family.rack.picked(tags(positive), every, request.controls, request.image_prompts)
    encoded = encode(family, every, request, adapters)
    if canvas.kept is not None and canvas.cells is not None:
        encoded = {wording: family.with_mask(each, canvas.cells, canvas.kept) for wording, each in encoded.items()}
    against = {wording: family.as_negative(encoded[wording]) for _, wording in said}
    shown, glimpses = shown_in(family, adapters, steps, canvas), glimpses_in(adapters, steps)
    aims = []
    for (towards, away), now, seen, step in zip(said, shown, glimpses, range(1, steps + 1), strict=True):
        scale = request.guiding.scale_at(step, steps, request.sampling.guidance)
        positives = [(_beside(family, encoded[each], now, seen), weight) for each, weight in towards]
        unseen = tuple(each.as_negative() for each in seen)
        aims.append(_aim(family, positives, _beside(family, against[away], now, unseen), scale))
    return aims, adapters


def check_weights(wordings: Iterable[Wording], facts: Facts) -> None:
    """Refuse attention weights where the model is deaf to them."""
    if not facts.weighs_words and any(piece.weight != 1 for wording in wordings for piece in wording):
        raise InvalidRequest(
            "To this model all words weigh the same, so brackets for more or less attention mean nothing: "
            "leave them out, or put a backslash before them if they are meant as they stand."
        )


def wordings_of(request: Request, steps: int) -> list[tuple[list[tuple[Wording, float]], Wording]]:
    """For each step the sides of its prompt with their weights, and its negative prompt."""
    positive, negative = parse(request.prompt), parse(request.negative)
    for tag in tags(negative):
        raise InvalidRequest(f"<{tag.kind}:{tag.name}> is on for the whole picture, so it belongs into the prompt.")
    (against,) = joined(negative).parts
    return [(_sides(positive, step, steps), pieces(against, step, steps)) for step in range(1, steps + 1)]


def _sides(prompt: Prompt, step: int, steps: int) -> list[tuple[Wording, float]]:
    return [(pieces(part, step, steps), part.weight) for part in prompt.parts]


def encode(family: Family, wordings: Iterable[Wording], request: Request, adapters: Adapters) -> dict[Wording, Any]:
    """Each wording's conditioning, with what is on for it."""
    spelled = {wording: adapters.spelled(wording) for wording in wordings}
    prompts = tuple(spelled.values())
    with family.rack.on(adapters):
        said = family.remembered.of(
            (prompts, request.clip_skip, adapters.used), lambda: family.encode_prompts(prompts, request.clip_skip)
        )
    return {wording: family.with_adapters(each, adapters) for wording, each in zip(spelled, said, strict=True)}


def shown_in(family: Family, adapters: Adapters, steps: int, canvas: Canvas) -> list[tuple[Shown, ...]]:
    """What ControlNets are shown in each step."""

    def shown(held: Held) -> Shown:
        picture = held.control.prepare(canvas.lay(held.control.image))
        return held.shown(to_pixels(picture) / 2 + 0.5, family.facts.downscale)

    return _by_step([(held.control, shown(held)) for held in adapters.controls], steps)


def glimpses_in(adapters: Adapters, steps: int) -> list[tuple[Glimpse, ...]]:
    """What IP-Adapters have made of pictures, in each step."""
    return _by_step([(worn.prompt, worn.glimpse()) for worn in adapters.image_prompts], steps)


def _by_step(every: Sequence[tuple[Example, On]], steps: int) -> list[tuple[On, ...]]:
    return [tuple(each for example, each in every if example.is_on(step, steps)) for step in range(1, steps + 1)]


def _beside(family: Family, said: Any, shown: tuple[Shown, ...], glimpses: tuple[Glimpse, ...]) -> Any:
    """A conditioning with the pictures that are on beside it."""
    return family.with_glimpses(family.with_controls(said, shown), glimpses)


def _aim(family: Family, towards: list[tuple[Any, float]], away: Any, scale: float) -> Aim:
    """A network that is told the scale is asked once, with the prompt alone."""
    if not family.facts.embeds_guidance:
        return Aim(tuple(towards), away, scale)
    told = [(family.with_guidance(each, scale), weight) for each, weight in towards]
    return Aim(tuple(told), family.with_guidance(away, scale), 1.0)
