"""The look of Gradio's own components; our components and the layout are styled in `assets/page/*.css`.

System fonts and no web fonts: the page never asks anything of another host.
"""

from __future__ import annotations

import gradio as gr

FONT = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")

TEAL = gr.themes.Color(
    name="teal",
    c50="#effcf9",
    c100="#d0f5ed",
    c200="#a3eadc",
    c300="#6dd8c7",
    c400="#3cbfae",
    c500="#1fa294",
    c600="#147f76",
    c700="#0f6a63",
    c800="#115450",
    c900="#124643",
    c950="#062a2a",
)
GREY = gr.themes.Color(
    name="grey",
    c50="#fafaf9",
    c100="#f3f3f1",
    c200="#e6e6e3",
    c300="#d2d2ce",
    c400="#9b9c98",
    c500="#6b6d6a",
    c600="#535653",
    c700="#3b3e3c",
    c800="#26292a",
    c900="#1a1c1e",
    c950="#111314",
)


def theme() -> gr.themes.Base:
    """Quiet greys with one accent, so that the pictures are the only loud thing on the page."""
    base = gr.themes.Base(
        primary_hue=TEAL,
        secondary_hue=TEAL,
        neutral_hue=GREY,
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_md,
        font=FONT,
        font_mono=MONO,
    )
    return base.set(**_surfaces(), **_fields(), **_buttons())


def _surfaces() -> dict[str, str]:
    return {
        "body_background_fill": "*neutral_100",
        "body_background_fill_dark": "*neutral_950",
        "body_text_color": "*neutral_800",
        "body_text_color_dark": "*neutral_100",
        "body_text_color_subdued": "*neutral_600",
        "body_text_color_subdued_dark": "#a9aba7",
        "background_fill_primary": "#ffffff",
        "background_fill_primary_dark": "*neutral_900",
        "background_fill_secondary": "*neutral_50",
        "background_fill_secondary_dark": "*neutral_900",
        "block_background_fill": "transparent",
        "block_background_fill_dark": "transparent",
        "block_border_width": "0px",
        "block_border_width_dark": "0px",
        "block_padding": "0",
        "block_shadow": "none",
        "block_shadow_dark": "none",
        "block_label_text_color": "*neutral_700",
        "block_title_text_color": "*neutral_700",
        "block_title_text_color_dark": "*neutral_200",
        "block_title_text_weight": "550",
        "block_info_text_color": "*neutral_600",
        "block_info_text_color_dark": "#a9aba7",
        "border_color_primary": "*neutral_200",
        "border_color_primary_dark": "#34383a",
        "layout_gap": "16px",
        "form_gap_width": "0px",
    }


def _fields() -> dict[str, str]:
    return {
        "input_background_fill": "#ffffff",
        "input_background_fill_dark": "*neutral_950",
        "input_border_width": "1px",
        "input_border_width_dark": "1px",
        "input_border_color": "*neutral_300",
        "input_border_color_dark": "#3d4244",
        "input_border_color_focus": "*primary_600",
        "input_border_color_focus_dark": "*primary_400",
        "input_shadow_focus": "0 0 0 3px color-mix(in srgb, *primary_500 25%, transparent)",
        "input_shadow_focus_dark": "0 0 0 3px color-mix(in srgb, *primary_400 30%, transparent)",
        "input_placeholder_color": "*neutral_500",
        "input_placeholder_color_dark": "#8d918d",
        "input_padding": "10px 12px",
        "slider_color": "*primary_600",
        "slider_color_dark": "*primary_400",
    }


def _buttons() -> dict[str, str]:
    return {
        "button_primary_background_fill": "*primary_600",
        "button_primary_background_fill_hover": "*primary_700",
        "button_primary_text_color": "#ffffff",
        "button_primary_background_fill_dark": "*primary_300",
        "button_primary_background_fill_hover_dark": "*primary_200",
        "button_primary_text_color_dark": "*neutral_950",
        "button_large_padding": "12px 20px",
        "button_large_text_weight": "600",
    }
