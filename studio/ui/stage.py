"""The stage: one canvas and one view of the results, beside whichever mode is shown.

The tabs are modes of the same page: each has its prompt and settings, and all of them work on the picture that is on
the canvas and show what they make in the same place.
"""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from studio.ui import words
from studio.ui.canvas import canvas
from studio.ui.live import live_view


@dataclass(frozen=True)
class Stage:
    """What stands beside every mode."""

    easel: gr.HTML
    view: gr.HTML

    def draw(self) -> None:
        """Put them where the page is being built; the modes before it were wired with them already."""
        with gr.Column(elem_id="stage", min_width=0):
            self.easel.render()
            self.view.render()


def make() -> Stage:
    """The components, not yet on the page."""
    return Stage(canvas(), live_view(words.NO_RESULTS))
