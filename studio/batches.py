"""Many pictures from one command: a prompt a line of a file, or each picture of a folder, with masks of its name."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.errors import InvalidRequest, UnreadableImage

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
MOST_BYTES = 4 * 2**20
"""Of a file of prompts."""


def items(options: Namespace) -> Sequence[Namespace]:
    """The options of each single command; those as they are, where they are of one."""
    return [each for prompted in _prompts(options) for each in _images(prompted)]


def _prompts(options: Namespace) -> Iterator[Namespace]:
    if getattr(options, "prompts", None) is None:
        if options.prompt is None:
            raise InvalidRequest("diffusion-studio generate needs PROMPT as well, or a file of them by --prompts.")
        yield options
        return
    if options.prompt is not None:
        raise InvalidRequest("A prompt and --prompts were given: leave one of them out.")
    for line in prompts(options.prompts):
        yield Namespace(**vars(options) | {"prompt": line})


def prompts(path: Path) -> list[str]:
    """The lines of a file, without empty ones and those that begin with #; InvalidRequest where there are none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidRequest(f"{path} is larger than {MOST_BYTES // 2**20} MB: give a shorter list of prompts.")
        found = prompts_in(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise InvalidRequest(f"There is no file {path}: check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path} cannot be read: give a text file with a prompt a line.") from error
    if not found:
        raise InvalidRequest(f"{path} has no prompts in it: write one a line.")
    return found


def prompts_in(text: str) -> list[str]:
    """The lines of a text, without empty ones and those that begin with #."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _images(options: Namespace) -> Iterator[Namespace]:
    folder = Path(getattr(options, "image", None) or "")
    if not getattr(options, "image", None) or not folder.is_dir():
        yield options
        return
    masks = getattr(options, "mask", None)
    for path in pictures(folder):
        mask = {"mask": str(_namesake(path, Path(masks)))} if masks is not None and Path(masks).is_dir() else {}
        yield Namespace(**vars(options) | {"image": str(path)} | mask)


def pictures(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; UnreadableImage where there are none."""
    seen = (path for path in folder.iterdir() if not path.name.startswith("."))
    found = sorted(path for path in seen if path.suffix.lower() in ENDINGS)
    if not found:
        raise UnreadableImage(f"{folder} has no PNG, JPEG or WebP pictures in it.")
    return found


def _namesake(picture: Path, masks: Path) -> Path:
    """The mask of the same name, whatever its ending."""
    found = [path for path in pictures(masks) if path.stem == picture.stem]
    if not found:
        raise UnreadableImage(f"{masks} has no mask for {picture.name}: name it {picture.stem}.png.")
    return found[0]
