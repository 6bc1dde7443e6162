"""Writes docs/models.md from the tables that the code goes by.

python -m studio.models.document
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipelines.families import FAMILIES, MODULES
from pipelines.presets import FAMILY_PRESETS, Preset, find_preset
from pipelines.shelf import PLACES
from pipelines.sources.foreign import FOREIGN
from pipelines.sources.kinds import BASES, KINDS, ROLES, Kind
from studio.settings import PROJECT
from studio.tending import SHELVING

PAGE = PROJECT / "docs" / "models.md"

START = """\
# Models

A model is a folder in diffusers' layout, or one `.safetensors` file in the layout of its authors, as most that are
shared are. Either is given by its path, or by its name if it lies in your models folder, and used as it is: in place,
offline, never in memory twice.

    diffusion-studio models                                 # what there is
    diffusion-studio generate "a boat" --model juggernaut   # by name, in any case
    diffusion-studio --models /data/stable-diffusion-webui  # a folder that other programs use, too

What a file is, is told from its header alone, in milliseconds and before anything is loaded: by the names and shapes of
its tensors, not by what it is called. `models show NAME` says what was found, with the file's SHA-256, whose first ten
digits other programs call the model's hash.

On the page a click on the model's name lists all of them; whichever is chosen draws from then on, there and, where no
model is named, on the command line. Jobs that wait keep theirs, the words go along, and the fields show what suits the
new one. LoRAs and embeddings that lie in the folder can be put into a prompt by a click.

A model that another one has taken the place of stays in memory, on a GPU in that of the processor, as long as a quarter
of the memory is free beside what is at work and what is to be loaded; coming back to it then reads nothing. Those that
have rested longest go first, and a file that has changed is read again. `python -m benchmarks.switching` measures it.

A picture's recipe names a file on the shelf by its SHA-256 as well. `replay` finds it by that wherever it lies by then
and whatever it is called, and does not let another file of its name draw in its stead.
"""

FOLDERS = """\
## Families

Folders in diffusers' layout, of the class that their `model_index.json` names. All of them make pictures, and change,
repaint and widen given ones, and take LoRAs; embeddings, ControlNets and IP-Adapters are for Stable Diffusion 1, 2 and
XL ([adapters.md](adapters.md)). What stands in the fields is what suits most models of a family; a model that was
distilled to need few steps (Turbo, Lightning, Hyper, LCM, DMD, schnell) is known by its configuration or its name.

| family | class | drawn for | steps | guidance | sampler | reads |
|---|---|---|---|---|---|---|
"""

KINDS_OF_MODELS = """\
## Single files

| kind | drawn for | steps | guidance | sampler | in the file |
|---|---|---|---|---|---|
"""

APART = """\
## Parts in files of their own

Stable Diffusion 3 and Flux are often shared without their text encoders, Flux without its VAE as well. They are then
looked for in the models folder by these names, which may be followed by more, as in `t5xxl_fp16.safetensors`:

| part | name | of |
|---|---|---|
"""

BESIDE = """\
Stable Diffusion 3 goes without T5 where there is none. For any model:

- `NAME.vae.safetensors` beside `NAME.safetensors` is used instead of its own VAE.
- A folder `NAME` beside it may hold parts of diffusers' layout without weights, such as
  `NAME/scheduler/scheduler_config.json` or `NAME/tokenizer_2`; they go before what the studio knows of the kind.

A tensor named `v_pred`, or `modelspec.prediction_type` in the header, says that a model predicts v; one named `ztsnr`,
that it was trained to zero terminal SNR. Stable Diffusion 2 with and without v prediction look alike; where no note
tells, the spread of one bias near the network's end does.

## Tokenizers

Single files have none. The vocabularies of CLIP (`assets/models/clip`, MIT) and of T5 (`assets/models/t5`, Apache 2.0)
come with the studio, so that such a file needs nothing else and no network. `NAME/tokenizer` and the like beside a file
go before them.
"""

PLACED = """\
## The models folder

It may be shared with A1111, Forge and ComfyUI. These folders in it, or in a folder `models` in it, are looked into, in
any case of their letters and with all folders below; a file may also lie in the folder itself.

| what | folders | what it is for |
|---|---|---|
"""

REFUSED = """\
What was found out is kept in `.studio/known.json` there, until a file changes; what is removed goes to `.studio/trash`.

## What is refused

Pickles (`.ckpt`, `.pt`, `.bin`), whatever they are called: they could run programs when they are opened. Files that
are cut off, damaged, or lack tensors. Weights quantised to anything but plain float8, or, in a GGUF file, to anything
but Q2_K to Q8_0. Each is refused in one sentence before anything of it is loaded. Of these it is at least said what
they look like:

"""

ACTIONS = """\
## The command

`diffusion-studio models ACTION`:

| action | |
|---|---|
"""

END = """\
Only `download` goes online, and only when it is called: into the usual cache of Hugging Face, pinned to a commit,
`.safetensors` only, on from where it stopped. What it has fetched is then a model by its id: `--model owner/name`.

This page is made by `python -m studio.models.document`.
"""


def page() -> str:
    """The page as it should be."""
    apart: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS.values():
        for part, place in kind.parts.items():
            if place.apart:
                apart.setdefault(place.apart, []).append((part, kind.title))
    parts = [
        START,
        FOLDERS + _rows(_family(name, preset) for name, preset in FAMILY_PRESETS.items()),
        KINDS_OF_MODELS + _rows(_model(kind) for kind in KINDS.values() if kind.pipeline in FAMILIES),
        APART + _rows(_apart(name, of) for name, of in apart.items()),
        BESIDE,
        PLACED + _rows(_place(kind) for kind in PLACES),
        REFUSED + "".join(f"- {looks}\n" for _, looks in FOREIGN),
        f"LoRAs, embeddings, ControlNets and IP-Adapters are told by what they go with: {', '.join(BASES.values())}.\n",
        ACTIONS + _rows((f"`{name}`", words) for name, words in SHELVING.items()),
        END,
    ]
    return "\n".join(parts)


def _model(kind: Kind) -> Iterator[str]:
    network = kind.changes.get(kind.network, {})
    preset = find_preset(kind.pipeline, network=network, native=kind.native)
    yield kind.title
    yield from _suits(preset)
    yield ", ".join(
        f"{part.replace('_', ' ')}{' (or apart)' if place.apart else ''}" for part, place in kind.parts.items()
    )


def _family(name: str, preset: Preset) -> Iterator[str]:
    yield preset.title
    yield f"`{MODULES[name][0]}`"
    yield from _suits(preset)
    yield f"{preset.room} tokens" if preset.room else "any number of tokens, 75 at a time"


def _suits(preset: Preset) -> Iterator[str]:
    told = ", told" if preset.guiding == "embedded" else ""
    yield f"{preset.native}²"
    yield str(preset.steps)
    yield "none" if preset.guiding == "none" else f"{preset.guidance:g}{told}"
    yield f"`{preset.sampler}`"


def _apart(name: str, of: list[tuple[str, str]]) -> Iterator[str]:
    yield " or ".join(dict.fromkeys(part.replace("_", " ") for part, _ in of))
    yield f"`{name}.safetensors`"
    yield ", ".join(title for _, title in of)


def _place(kind: str) -> Iterator[str]:
    place = PLACES[kind]
    yield place.noun
    yield ", ".join(f"`{folder}`" for folder in place.folders)
    yield ROLES["model" if kind == "checkpoint" else kind]


def _rows(rows: Iterable[Iterable[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
