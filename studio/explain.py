"""One sentence for whatever went wrong."""

from __future__ import annotations

import traceback

from pipelines.errors import StudioError

MEMORY = "There was not enough memory: make the picture smaller, make fewer at once, or close other programs."


def sentence(error: BaseException) -> str:
    """What to tell the person; what a person cannot mend also goes to stderr in full."""
    if isinstance(error, StudioError):
        return str(error)
    traceback.print_exception(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return MEMORY
    return f"Something broke inside the studio ({type(error).__name__}: {error}); the terminal shows where."
