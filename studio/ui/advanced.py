"""The closed accordion of every tab: what is against the prompt, and how the noise is walked back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pipelines.engine.samplers import SAMPLERS
from pipelines.engine.spacings import SPACING_LABELS
from pipelines.requests import Sampling
from studio.ui import controls, words
from studio.ui.controls import Values
from studio.ui.finer import Finer, finer
from studio.ui.several import Several, several_fields


@dataclass(frozen=True)
class Advanced:
    """What a beginner need not see: how the noise is walked back.

    ``away``: names of fields that the model has no use for, in this accordion or in the rest of the tab.
    """

    negative: gr.Textbox
    steps: gr.Number
    guidance: gr.Number
    sampler: gr.Dropdown
    spacing: gr.Dropdown
    seed: gr.Textbox
    reuse: gr.Number
    finer: Finer
    several: Several
    styles: gr.Dropdown | None = None
    away: frozenset[str] = frozenset()

    @property
    def fields(self) -> set[Any]:
        """The components that are there."""
        parts = ("finer", "several", "away")
        own = {field for name, field in vars(self).items() if name not in parts and field is not None}
        return own | self.finer.fields | self.several.fields

    def worn(self, values: Values) -> Sequence[str]:
        """The names of the styles that are put on, in order."""
        chosen = values[self.styles] if self.styles is not None else ()
        return [str(name) for name in chosen] if isinstance(chosen, list) else []

    def read(self, values: Values) -> dict[str, Any]:
        """The part of a request that these components say."""
        sampling = Sampling(
            steps=controls.whole("steps", values[self.steps]),
            guidance=controls.number("guidance", values[self.guidance]),
            sampler=values[self.sampler],
            spacing=values[self.spacing],
            seed=controls.seed(values[self.seed]),
            reuse=controls.whole("reuse", values[self.reuse], empty=1),
        )
        return {"negative": values[self.negative] or "", "sampling": sampling, **self.finer.read(values)}


def advanced(
    task: str,
    defaults: Mapping[str, Any],
    styles: Sequence[str] = (),
    hears: bool = True,
    away: frozenset[str] = frozenset(),
) -> Advanced:
    """The fields of the closed accordion, filled with what suits the model; styles where there are some to choose.

    ``hears``: whether the model hears a negative prompt; the field of one that does not says so and takes none.
    ``away``: as in ``Advanced``.
    """
    negative = gr.Textbox(
        label=words.LABELS["negative"],
        lines=2,
        placeholder=words.NEGATIVE if hears else words.DEAF,
        interactive=hears,
        elem_id=f"{task}-negative",
    )
    with gr.Row(elem_classes="pair"):
        steps = controls.field(task, "steps", defaults["steps"], 1)
        guidance = controls.field(task, "guidance", defaults["guidance"], 0.5)
    return Advanced(
        negative=negative,
        steps=steps,
        guidance=guidance,
        sampler=controls.dropdown(
            task, "sampler", defaults["sampler"], {name: row.label for name, row in SAMPLERS.items()}
        ),
        spacing=controls.dropdown(task, "spacing", defaults["spacing"], SPACING_LABELS),
        seed=gr.Textbox(label=words.LABELS["seed"], placeholder=words.ANY_SEED, max_lines=1, elem_id=f"{task}-seed"),
        reuse=controls.field(task, "reuse", 1, 1, words.REUSE),
        styles=_styles(task, styles) if styles else None,
        finer=finer(task),
        several=several_fields(task, away if hears else away | {"negative"}),
        away=away,
    )


def _styles(task: str, names: Sequence[str]) -> gr.Dropdown:
    choices = [(name, name) for name in names]
    label, id = words.LABELS["styles"], controls.field_id(task, "styles")
    return controls.unjudged(gr.Dropdown(choices, value=[], multiselect=True, label=label, elem_id=id))
