"""Where the parts of a model come from: a folder in diffusers' layout, a single file; families need not know.

source.py      what a family may ask for
folder.py checkpoint.py                             the two places
header.py names.py reading.py kinds.py identify.py  what a file is, told without torch from its header
origins.py configs.py vocabulary.py apart.py        what a single file says otherwise, or leaves out
"""

from __future__ import annotations

from pipelines.sources.folder import Folder
from pipelines.sources.source import Source

__all__ = ["Folder", "Source"]
