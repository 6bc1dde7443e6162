"""The options of those commands that look after pictures and the studio; ``studio.arguments`` has those that make some.

Light on purpose: `--help` answers before anything heavy is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.requests import TASKS
from studio.options import choice, day, whole
from studio.parsing import (
    PROGRAM,
    Parser,
    add_engine,
    add_model,
    add_outputs,
    add_prompt,
    add_shelf,
    add_styles,
    add_vae,
)

ACTIONS = {
    "search": "[WORD ...]: the pictures whose prompts have all these words, newest first",
    "star": "PICTURE ...: mark as dear",
    "unstar": "PICTURE ...: the contrary",
    "tag": "PICTURE [WORD ...]: its tags are these, instead of those it had",
    "collect": "PICTURE [NAME]: put it into a collection, or into none",
    "trash": "PICTURE ...: throw away; restore brings it back",
    "restore": "PICTURE ...: bring back from the trash",
    "empty": "remove for good what is in the trash",
    "rebuild": "make the index anew from the files",
}
"""What can be done in the library.  A picture is given by its id, which search tells, or by its file."""


SHELVING = {
    "list": "what there is (also without an action)",
    "show": "NAME: everything that can be told of it",
    "download": "ID: fetch owner/name, or owner/name/file.safetensors, from Hugging Face",
    "remove": "NAME: into the trash of the models folder",
    "default": "NAME: the model that is used where none is named",
}
"""What can be done with models.  One is given by its name, which list tells, or by its path."""


def replay() -> Parser:
    """Options of ``replay``, which is also called ``again``."""
    parser = Parser("replay", "Make a picture anew from its own file, and say whether it came out the same.")
    parser.add_argument("image", metavar="FILE", type=Path, help="a picture; of other programs, with --model")
    add_outputs(parser, "--out", "where to write it")
    add_engine(parser, model="that of the recipe")
    add_vae(parser)
    return parser


def look() -> Parser:
    """Options of ``look``."""
    parser = Parser("look", "Show what a model sees of a prompt: its tokens, their weights, step by step.")
    add_prompt(parser)
    parser.add_argument("--negative", default="", metavar="TEXT", help="what the picture should not show")
    parser.add_argument("--steps", type=whole, help="of a run, for wording that changes on the way")
    parser.add_argument("--seed", type=whole, default=0, help="of the picture whose choices are shown (0)")
    add_model(parser)
    add_styles(parser)
    return parser


def library() -> Parser:
    """Options of ``library``."""
    usage = _usage("library ACTION [options]", ACTIONS)
    parser = Parser("library", "Find pictures, and look after them.", usage=usage)
    parser.add_argument("action", metavar="ACTION", type=choice("action", ACTIONS), help=", ".join(ACTIONS))
    parser.add_argument("what", metavar="WORD", nargs="*", default=[], help="words of the prompt, or pictures")
    parser.add_argument("--model", default="", metavar="NAME", help="made with a model of this name")
    parser.add_argument("--since", type=day, metavar="DAY", help="made on this day or later, such as 2026-11-21")
    parser.add_argument("--until", type=day, metavar="DAY", help="made on this day or earlier")
    parser.add_argument("--seed", type=whole, help="made with this seed")
    parser.add_argument("--task", type=_task, metavar="TASK", help=", ".join(map(_dashed, TASKS)))
    parser.add_argument("--tag", default="", metavar="WORD", help="that have this tag")
    parser.add_argument("--collection", default="", metavar="NAME", help="of this collection")
    parser.add_argument("--starred", action="store_true", help="that have a star")
    parser.add_argument("--trashed", action="store_true", help="in the trash, instead of outside of it")
    parser.add_argument("--limit", type=whole, default=20, metavar="N", help="at most so many, 0 for all (20)")
    parser.add_argument("--paths", action="store_true", help="show their files only")
    add_outputs(parser)
    return parser


def verify() -> Parser:
    """Options of ``verify``."""
    parser = Parser("verify", "Say what a picture's file tells of where it comes from, whoever made it.")
    parser.add_argument("image", metavar="FILE", type=Path, help="a picture: PNG, JPEG or WebP")
    return parser


def export() -> Parser:
    """Options of ``export``."""
    parser = Parser("export", "Write a picture as JPEG, WebP or PNG, with the mark that a model made it.")
    parser.add_argument("image", metavar="FILE", type=Path, help="a picture: PNG, JPEG or WebP")
    parser.add_argument("target", metavar="TARGET", type=Path, help="the file to write; its name says the format")
    parser.add_argument("--quality", type=whole, default=92, metavar="N", help="1 to 100; a WebP of 100 is exact (92)")
    parser.add_argument("--without-recipe", dest="recipe", action="store_false", help="leave prompt and settings out")
    return parser


def models() -> Parser:
    """Options of ``models``."""
    usage = _usage("models [ACTION] [options]", SHELVING)
    parser = Parser("models", "List models and what goes with them, and look after them.", usage=usage)
    action = choice("action", SHELVING)
    parser.add_argument("action", metavar="ACTION", nargs="?", default="list", type=action, help=", ".join(SHELVING))
    parser.add_argument("what", metavar="NAME", nargs="?", help="a model, or a file that goes with models")
    parser.add_argument("--revision", default="main", metavar="NAME", help="commit or branch to download (%(default)s)")
    add_shelf(parser)
    return parser


def doctor() -> Parser:
    """Options of ``doctor``."""
    parser = Parser("doctor", "Look at everything that the studio needs, and say what is really on.")
    add_outputs(parser)
    add_engine(parser)
    return parser


COMMANDS: dict[str, Callable[[], Parser]] = {
    "replay": replay,
    "again": replay,
    "look": look,
    "library": library,
    "verify": verify,
    "export": export,
    "models": models,
    "doctor": doctor,
}


def _usage(command: str, actions: dict[str, str]) -> str:
    lines = (f"  {name:<8} {words}" for name, words in actions.items())
    return "\n".join([f"{PROGRAM} {command}\n", *lines])


def _task(text: str) -> str:
    return choice("task", [_dashed(task) for task in TASKS])(text).replace("-", "_")


def _dashed(task: str) -> str:
    return task.replace("_", "-")
