"""Gradio, imported in less than half of the time that it takes by itself.

Whenever it defines a component, its own sixty among them, it writes a stub for editors beside the source, and first
parses that source and compiles a template: more than a second of each start, for files that nobody here reads.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULE = "gradio.component_meta"
STUBS = "create_or_modify_pyi"


@contextmanager
def hurried() -> Iterator[None]:
    """Import and build something large: without stubs, and without looking for garbage where hardly any comes up."""
    finder, collected = NoStubs(), gc.isenabled()
    sys.meta_path.insert(0, finder)
    gc.disable()
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if collected:
            gc.enable()


class NoStubs(MetaPathFinder):
    """Finds the one module that writes stubs, which then does not; a Gradio without it is imported as it is."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As the finders do, for that module alone."""
        spec = PathFinder.find_spec(name, path) if name == MODULE else None
        if spec is not None and spec.loader is not None:
            spec.loader = Silenced(spec.loader)
        return spec


class Silenced(Loader):
    """Loads the module as ``loader`` does, and takes away what writes stubs."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the loader does, but for the stubs."""
        self._loader.exec_module(module)
        if hasattr(module, STUBS):
            setattr(module, STUBS, _nothing)


def _nothing(*_: Any) -> None:
    """In place of writing a stub."""
