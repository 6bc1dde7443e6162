"""docs/performance.md, made from what the measurements wrote: no figure in it is typed by hand.

python -m benchmarks.document

Each measurement is one file of `benchmarks/results/`, as `benchmarks.figures.save` writes it; what each of them is
about, and its bar, stand here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "performance.md"

HEAD = """# Performance

What was measured, on what, and beside what. `python -m benchmarks.document` writes this page from the files in
`benchmarks/results/`, which the commands below wrote with `--json`; none of its figures is typed by hand.

Both sides of a comparison run in one process, in turns, with the same steps, sizes and seeds. Times are medians, and
ratios medians of the ratios within a round. Models are of full size with random weights, scaled normals: as fast as
real ones. FLOPs are counted by torch; a share of the peak is one of the best matrix product or convolution that the
same device reaches in the same run.
"""


@dataclass(frozen=True)
class Section:
    """``file``: a result's name, or the beginning of several.  ``bar``: what was to be reached, in words."""

    file: str
    title: str
    about: str
    bar: str


SECTIONS = (
    Section(
        "cpu",
        "A step on the processor",
        "One call of Stable Diffusion 1.5's network for prompt and negative prompt. Ours: weights laid out once for "
        "the matrix library (`pipelines/tuning.py`), and in bfloat16 attention in blocks. Large models run in bfloat16 "
        "where the processor computes it by itself, unless `precision` says otherwise; float32 gains as well, without "
        "loss.",
        "at 512 pixels, ours in bfloat16: 5 times diffusers in float32, its default, and 1.5 times diffusers in "
        "bfloat16; the first was set for processors with matrix units (AMX)",
    ),
    Section(
        "cold_start",
        "From files to a model that is ready",
        "A model of Stable Diffusion 1.5's size, its files in the page cache, each load in a process of its own. "
        "Weights lie in their file, mapped, until they are used, and are converted and laid out then: so the time to "
        "the first guided step of 256 pixels is told too.",
        "ready at 70 % of the rate at which the same bytes can be read, with nothing held twice",
    ),
    Section(
        "caches",
        "What need not be worked out again, or at all",
        "Prompts and canvases that were encoded before (`pipelines/remembering.py`), guidance on a part of the steps "
        "only, few steps, and a tiny decoder (`--vae` with an AutoencoderTiny).",
        "the gain is shown",
    ),
    Section(
        "decode",
        "Decoding",
        "Latents to pixels with the autoencoder of Stable Diffusion 1.5, beside diffusers' own.",
        "1.3 times as fast at 512 and 1024 pixels, a third of the memory at 2048, errors below 1e-4",
    ),
    Section(
        "reuse",
        "Deep features used again",
        "Steps that ask the network's outer layers only, beside every step whole.",
        "2.2 times as fast at interval 3 for Stable Diffusion 1.5 at 512 pixels",
    ),
    Section(
        "masked",
        "A small edit of a large picture",
        "Inpainting that shows the model what is around the mask, at its own scale, beside diffusers' inpainting of "
        "the whole picture; Stable Diffusion 1.5's size, each side in a process of its own.",
        "five times as fast at 2048 pixels, with less memory",
    ),
    Section(
        "attention", "Ways of paying attention", "For the heads and tokens of real models; the error is to float32.", ""
    ),
    Section(
        "placement",
        "Settings of memory",
        "Each in a process of its own; the peak is what the process has for itself, the error that to float32.",
        "",
    ),
    Section(
        "gpu_speed",
        "Pictures on a GPU",
        "30 steps of Stable Diffusion 1.5 at 512 and of SDXL at 1024 pixels, in bfloat16.",
        "1.6 times diffusers as it is, aiming at 2.2 times for Stable Diffusion 1.5; as fast as diffusers compiled, "
        "with the first picture in a fourth of the time",
    ),
    Section(
        "gpu_together", "Mixed requests on a GPU", "24 requests in shared calls beside one after another.", "2.5 times"
    ),
    Section("gpu_preview", "Previews on a GPU", "A preview of every step beside none.", "at most 2 % more time"),
    Section("gpu_attention", "SDPA and xformers on a GPU", "The same pictures with each.", "compared"),
)

COMMANDS = {
    "gpu_speed": "python -m benchmarks.gpu speed",
    "gpu_together": "python -m benchmarks.gpu together",
    "gpu_preview": "python -m benchmarks.gpu preview",
    "gpu_attention": "python -m benchmarks.gpu attention",
}
"""How those that no machine has run yet are run; each takes ``--json benchmarks/results/NAME.json``."""


def document(results: Path = RESULTS) -> str:
    """The page, from the results in this folder."""
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(results.glob("*.json"))}
    measured = [_section(section, found[section.file]) for section in SECTIONS if section.file in found]
    known = {section.file for section in SECTIONS}
    others = [_section(Section(name, _title(name), "", ""), found[name]) for name in found if name not in known]
    open_ones = [section for section in SECTIONS if section.file in COMMANDS and section.file not in found]
    return "\n".join([HEAD, *measured, *others, *([_open(open_ones)] if open_ones else [])])


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _section(section: Section, result: Mapping[str, Any]) -> str:
    lines = [f"## {section.title}", ""]
    lines += [section.about, ""] if section.about else []
    lines += [f"Bar: {section.bar}.", ""] if section.bar else []
    for _, alike in groupby(result["rows"], key=tuple):
        lines += [*_table(list(alike)), ""]
    lines += [f"`{result['command']}`, {result['taken']}, on {result['device']}; {result['versions']}.", ""]
    return "\n".join(lines)


def _table(rows: list[Mapping[str, Any]]) -> list[str]:
    """Rows of the same names as Markdown."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return lines + ["| " + " | ".join(_said(row[name]) for name in names) + " |" for row in rows]


def _said(value: Any) -> str:
    """A figure as it is read best."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2e}" if 0 < abs(value) < 0.001 else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value)


def _open(sections: list[Section]) -> str:
    """What waits for a machine that can run it."""
    lines = ["## Not run yet", "", "There was no GPU at hand. These commands run there as they are:", ""]
    lines += ["| what | bar | command |", "|---|---|---|"]
    for each in sections:
        command = f"{COMMANDS[each.file]} --json benchmarks/results/{each.file}.json"
        lines.append(f"| {each.title}: {each.about} | {each.bar} | `{command}` |")
    return "\n".join([*lines, ""])


def main() -> None:
    DOCUMENT.write_text(document(), "utf-8")
    print(DOCUMENT)


if __name__ == "__main__":
    main()
