"""What is written can be read again, by us and by others, and a failure leaves nothing half done."""

from __future__ import annotations

import errno
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipelines.errors import OutputError, UnreadableImage
from pipelines.pictures import picture_key
from pipelines.requests import Inpaint, Margins, Outpaint, Request, Sampling, Size, TextToImage
from pipelines.rereading import from_dict
from studio.library import Library, Recipe
from studio.library import files as files_module


def noise(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> Image.Image:
    return Image.frombytes("RGBA", size, os.urandom(size[0] * size[1] * 4)).convert(mode)


def recipe(request: Request | None = None) -> Recipe:
    wish = TextToImage(prompt="a red house", size=Size(width=64, height=64)) if request is None else request
    return Recipe(request=wish, model="meadow", title="Meadow", on={"device": "cpu"})


def everything(folder: Path) -> dict[str, bytes]:
    """All files but the index, which is made of them."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("library.sqlite")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


PROMPT = '日本語, „quotes“ & emoji 🌄\nnew line \\ " <b>'
WISHES: list[Callable[[], Request]] = [
    lambda: TextToImage(prompt=PROMPT, negative="b", sampling=Sampling(seed=2**32 - 1, guidance=1.5, steps=7)),
    lambda: Inpaint(prompt=PROMPT, image=noise(), mask=noise("L"), strength=0.3, feather=2),
    lambda: Inpaint(image=noise("RGBA"), mask=Image.new("L", (24, 16), 255)),
    lambda: Outpaint(prompt=PROMPT, image=noise(), margins=Margins(left=8, bottom=3), overlap=1),
]


@pytest.mark.parametrize("wish", WISHES)
def test_a_file_holds_its_own_recipe(library: Library, wish: Callable[[], Request]) -> None:
    request, picture = wish(), noise()
    saved = library.save(picture, recipe(request))
    with Image.open(saved.path) as read:  # by Pillow alone
        assert read.tobytes() == picture.tobytes()
        data = json.loads(read.info["diffusion-studio"])
    assert data["model"] == "meadow" and data["on"] == {"device": "cpu"} and data["created"] and data["studio"]
    assert from_dict(data["request"], find=library.picture).key == request.key
    again = Library(library.outputs)  # another studio, later
    assert again.recipe(saved.path) == data
    assert again.request(saved.path) == request
    assert again.request(saved.path).to_json() == request.to_json()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_inputs_are_kept_once_with_pixels_and_mode_exact(library: Library, mode: str) -> None:
    picture = Image.new("I;16", (24, 16), 4711) if mode == "I;16" else noise("RGB").convert(mode)
    kept = library.keep(picture)
    before = kept.path.stat().st_mtime_ns
    assert library.keep(picture.copy()) == kept
    assert kept.path.stat().st_mtime_ns == before
    assert kept.id == picture_key(library.picture(kept.id)) == picture_key(picture)
    assert len(everything(library.outputs)) == 1


def test_a_mode_that_no_file_holds_is_refused(library: Library) -> None:
    with pytest.raises(UnreadableImage, match="mode CMYK"):
        library.keep(noise("RGB").convert("CMYK"))


def test_names_are_sorted_human_and_never_taken_twice(library: Library) -> None:
    wish = TextToImage(prompt="A red/house: ../../etc? " * 50, sampling=Sampling(seed=7))
    saved = [library.save(noise(), recipe(wish)) for _ in range(5)]
    names = [item.path.name for item in saved]
    assert len(set(names)) == 5 and names == sorted(names)
    assert all(item.path.parent == library.outputs for item in saved)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{6}\.\d{3}_seed-7_a-red-house-etc-a-red-[\w-]*_[0-9a-f]{12}\.png", names[0])
    wild = library.save(noise(), recipe(TextToImage(prompt="🌄" * 300 + "屋" * 300)))
    assert len(wild.path.name.encode()) < 255


def test_ids_lead_to_files_and_nothing_else_does(library: Library, tmp_path: Path) -> None:
    saved, kept = library.save(noise(), recipe()), library.keep(noise())
    assert (library.path_of(saved.id), library.path_of(kept.id)) == (saved.path, kept.path)
    (tmp_path / "secret.png").write_bytes(b"")
    (library.outputs / "link_0123456789ab.png").symlink_to(tmp_path / "secret.png")
    for id in ("", "*", "../secret", saved.path.name, "0123456789ab", "0" * 12, "0" * 64, saved.id[:-1] + "A", "a\0"):
        assert library.path_of(id) is None, id
    with pytest.raises(UnreadableImage, match="does not have"):
        library.picture("../secret")


def test_recent_is_newest_first_and_bears_broken_files(library: Library) -> None:
    assert library.recent(3) == []
    saved = [library.save(noise(), recipe()) for _ in range(4)]
    saved[2].path.write_bytes(b"broken")
    (library.outputs / "holiday_photo.png").write_bytes(b"")
    assert library.recent(2) == [saved[3], saved[1]]
    with pytest.raises(UnreadableImage, match="damaged"):
        library.picture(saved[2].id)
    with pytest.raises(UnreadableImage, match="damaged"):
        library.recipe(saved[2].path)


def test_a_file_without_a_recipe_says_so(library: Library, tmp_path: Path) -> None:
    noise().save(tmp_path / "plain.png")
    with pytest.raises(UnreadableImage, match="holds no recipe"):
        library.recipe(tmp_path / "plain.png")
    with pytest.raises(UnreadableImage, match="There is no file"):
        library.recipe(tmp_path / "nowhere.png")


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("operation", ["write", "fsync", "rename"])
def test_every_operation_may_fail_in_turn(
    library: Library, monkeypatch: pytest.MonkeyPatch, operation: str, code: int
) -> None:
    """Fail the first, the second … call until all succeed, as SQLite's tests do."""
    library.save(noise(), recipe())
    for failing in range(20):
        before = everything(library.outputs)
        with monkeypatch.context() as patch:
            calls = _fail(patch, operation, failing, code)
            request = Inpaint(image=noise(), mask=noise("L"))
            try:
                library.save(noise(), recipe(request))
            except OutputError as error:
                assert "full" in str(error) if code == errno.ENOSPC else "Nothing can be written" in str(error)
            else:
                assert calls[0] <= failing
                assert failing >= 3  # it did fail for each of the three files in turn
                return
        after = everything(library.outputs)
        assert before.items() <= after.items()  # what was there is as it was
        assert not [name for name in after if name.endswith(".part")]
        for name in after.keys() - before.keys():  # what is new is whole
            Image.open(library.outputs / name).load()
    pytest.fail("it never succeeded")


def _fail(patch: pytest.MonkeyPatch, operation: str, failing: int, code: int) -> list[int]:
    """Let call number ``failing`` of an operation fail; a failing write has written half."""
    calls = [0]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls[0] += 1
            if calls[0] == failing + 1:
                if operation == "write":
                    arguments[0].write_bytes(arguments[1][: len(arguments[1]) // 2])
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        return call

    if operation == "write":
        patch.setattr(files_module, "_write_through", counted(files_module._write_through))
    elif operation == "fsync":
        patch.setattr(os, "fsync", counted(os.fsync))
    else:
        patch.setattr(Path, "replace", counted(Path.replace))
    return calls


def test_a_folder_that_cannot_be_written_to_is_found_out_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for outputs in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(OutputError, match=r"a file is in the way: choose another\.$"):
            Library(outputs).check()
        with pytest.raises(OutputError):
            Library(outputs).save(noise(), recipe())
    if Path("/proc").is_dir():
        with pytest.raises(OutputError, match="Nothing can be written"):
            Library(Path("/proc/nowhere")).check()


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    Library(tmp_path / "new" / "outputs").check()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_nearly_full_is_found_out_before(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(OutputError, match=r"^The disk that holds .* is full: free some space"):
        library.check()


def test_old_litter_of_a_crash_is_swept_and_young_is_not(library: Library) -> None:
    library.outputs.mkdir()
    old, young = library.outputs / ".old.part", library.outputs / ".young.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    library.check()
    assert not old.exists() and young.exists()
