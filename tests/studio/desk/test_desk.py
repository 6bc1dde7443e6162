"""The state of the page on disk: what is put there stays, and nothing that comes from outside can do harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.errors import InvalidRequest, OutputError
from studio.desk import Desk
from studio.desk.desk import MOST_BYTES, MOST_KEYS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".studio" / "desk.json"


def test_what_is_put_there_is_there_after_a_restart(file: Path) -> None:
    desk = Desk(file)
    assert desk.values() == {}
    desk.change({"tab": "inpaint", "canvas": {"strokes": [[1, 2.5], [3, 4]]}})
    desk.change({"tab": "outpaint", "fields": None})
    assert Desk(file).values() == {"tab": "outpaint", "canvas": {"strokes": [[1, 2.5], [3, 4]]}}
    desk.change({"canvas": None})
    assert Desk(file).values() == {"tab": "outpaint"} == json.loads(file.read_text())
    desk.clear({"other": 1})
    assert Desk(file).values() == {"other": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"": 1},
        {"x" * 301: 1},
        {"two\nlines": 1},
        {"canvas": float("nan")},
        {"canvas": object()},
        {f"key{number}": 1 for number in range(MOST_KEYS + 1)},
        {"canvas": "x" * MOST_BYTES},
    ],
    ids=["empty", "long", "lines", "nan", "no JSON", "many", "large"],
)
def test_what_cannot_lie_there_is_refused_and_changes_nothing(file: Path, changes: dict) -> None:
    desk = Desk(file)
    desk.change({"tab": "inpaint"})
    with pytest.raises(InvalidRequest, match="state of a page"):
        desk.change(changes)
    assert desk.values() == Desk(file).values() == {"tab": "inpaint"}


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b'{"": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_put_aside_and_the_studio_goes_on(file: Path, damaged: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(damaged)
    desk = Desk(file)
    assert desk.values() == {}
    assert file.with_suffix(".damaged").read_bytes() == damaged
    desk.change({"tab": "inpaint"})
    assert Desk(file).values() == {"tab": "inpaint"}


def test_a_disk_that_is_full_keeps_the_state_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(file)
    desk.change({"tab": "inpaint"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.library.files._write_through", full)
    with pytest.raises(OutputError, match="is full"):
        desk.change({"tab": "outpaint"})
    assert desk.values() == Desk(file).values() == {"tab": "inpaint"}
