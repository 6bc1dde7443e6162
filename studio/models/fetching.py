"""Models from Hugging Face: fetched when somebody asks for one, found in its usual cache, and never looked for online.

What is fetched is pinned to a commit, holds no pickles, and goes on where it stopped; `huggingface_hub` does all that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import ModelError
from pipelines.shelf import Item

ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
PARTS = ["*.json", "*/*.json", "*/*.txt", "*/*.jinja", "*/*.model", "*/*.safetensors"]
"""Of a model in diffusers' layout: its parts' folders, not the single files beside them."""

VARIANTS = ["*.fp16.*", "*.non_ema.*", "*/flax_*", "safety_checker/*"]


def hub_cache() -> Path:
    """The folder in which Hugging Face's libraries keep what they fetch; they are not imported for it."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub")


def find_fetched(reference: str) -> Path | None:
    """The model of this id (``owner/name``, perhaps ``@commit``) in the cache, as it was last fetched; else None."""
    name, _, commit = reference.partition("@")
    if not ID.fullmatch(name):
        return None
    folder = hub_cache() / f"models--{name.replace('/', '--')}"
    try:
        commit = commit or (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    snapshot = folder / "snapshots" / commit
    return snapshot if re.fullmatch(r"\w+", commit) and (snapshot / "model_index.json").is_file() else None


def fetched() -> Iterator[Item]:
    """The models in diffusers' layout in the cache, by their ids."""
    for folder in sorted(hub_cache().glob("models--*--*")):
        name = "/".join(folder.name.split("--")[1:])
        path = find_fetched(name)
        if path is not None:
            yield Item("checkpoint", name, path)


def fetch(reference: str, revision: str = "main") -> tuple[Path, str]:
    """Fetch ``owner/name``, in diffusers' layout, or the file ``owner/name/FILE.safetensors``: where it is, its commit.

    Raises ModelError where there is no such model, it is of another layout, or the network says no.
    """
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    name, file = _split(reference)
    try:
        told = HfApi().model_info(name, revision=revision)
        commit, files = str(told.sha), {each.rfilename for each in told.siblings or ()}
        if file:
            return Path(hf_hub_download(name, file, revision=commit)), commit
        _check(name, files)
        got = snapshot_download(name, revision=commit, allow_patterns=PARTS, ignore_patterns=VARIANTS)
        _note(name, revision, commit)
        return Path(got), commit
    except ModelError:
        raise
    except Exception as error:  # of half a dozen packages, about as many kinds
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ModelError(f"{reference} cannot be fetched: {reason.strip().rstrip('.')}.") from error


def _split(reference: str) -> tuple[str, str]:
    """The id and the file, empty where a whole folder is meant."""
    owner, _, rest = reference.partition("/")
    name, _, file = rest.partition("/")
    if not ID.fullmatch(f"{owner}/{name}"):
        raise ModelError(f"{reference!r} is no model's id: give owner/name, or owner/name/file.safetensors.")
    if file and not file.endswith(".safetensors"):
        raise ModelError(f"{file} is no .safetensors file, and only such are fetched.")
    return f"{owner}/{name}", file


def _check(name: str, files: set[str]) -> None:
    if "model_index.json" in files:
        if any(file.count("/") == 1 and file.endswith(".safetensors") for file in files):
            return
        raise ModelError(
            f"{name} has its weights only as pickles, which are never opened: look for another copy of it."
        )
    single = sorted(file for file in files if file.endswith(".safetensors"))
    hint = f"fetch one of its files, such as {name}/{single[0]}" if single else "it has no .safetensors file either"
    raise ModelError(f"{name} is not in diffusers' layout: {hint}.")


def _note(name: str, revision: str, commit: str) -> None:
    """Let the id mean this commit, where it was not asked for by another name: a commit asked for notes nothing."""
    ref = hub_cache() / f"models--{name.replace('/', '--')}" / "refs" / revision
    if revision == "main":
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(commit, encoding="utf-8")
