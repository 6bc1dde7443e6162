"""Where the parts of a model come from: a folder in diffusers' layout, a single file; families ask, and need not know."""

from __future__ import annotations

from pipelines.sources.folder import Folder
from pipelines.sources.source import Source

__all__ = ["Folder", "Source"]
