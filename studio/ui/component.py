"""Components of our own: static markup that a script in `assets/page/` brings to life.

They are plain `gr.HTML`, not subclasses of it: where one is defined, Gradio writes a `.pyi` beside the source.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

MOUNT = """
import(new URL("page/{script}.js", document.baseURI)).then(({{ mount }}) => mount({{ element, props, watch }}));
"""


def component(script: str, elem_id: str, **props: Any) -> gr.HTML:
    """An element that a script fills; its markup never changes, so Gradio never redraws what the script has drawn."""
    return gr.HTML(
        html_template=f'<div class="studio-{script}"></div>',
        js_on_load=MOUNT.format(script=script),
        apply_default_css=False,
        elem_id=elem_id,
        **props,
    )
