"""The names of a file's tensors, searched all at once: a LoRA has thousands of them, a folder hundreds of files."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Asks whether any name holds, begins or ends with something."""

    def __init__(self, names: Iterable[str]) -> None:
        self._text = "\n".join(["", *names, ""])

    def hold(self, *fragments: str) -> bool:
        return any(fragment in self._text for fragment in fragments)

    def start(self, *starts: str) -> bool:
        return any(f"\n{start}" in self._text for start in starts)

    def end(self, *ends: str) -> bool:
        return any(f"{end}\n" in self._text for end in ends)
