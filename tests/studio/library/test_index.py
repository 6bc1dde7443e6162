"""Every picture can be found, and what a person says of it stays; the files are the truth."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipelines.errors import InvalidRequest, OutputError, UnreadableImage
from pipelines.pictures import picture_key
from pipelines.requests import ImageToImage, Inpaint, Margins, Outpaint, Request, Sampling, TextToImage
from studio.library import Library, Query, Recipe, Saved
from studio.library import recipe as recipes

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def noise(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> Image.Image:
    return Image.frombytes("RGBA", size, os.urandom(size[0] * size[1] * 4)).convert(mode)


def put(library: Library, request: Request, picture: Image.Image | None = None, days: int = 0, **more: Any) -> Saved:
    """Save a picture as one that was made so many days ago."""
    told = {"model": "meadow", "title": "Meadow"} | more
    recipe = Recipe(request=request, created=(NOW - timedelta(days=days)).isoformat(), **told)
    return library.save(picture or noise(), recipe)


def text(prompt: str = "a red house", **more: Any) -> TextToImage:
    return TextToImage(prompt=prompt, sampling=Sampling(seed=more.pop("seed", 0)), **more)


def ids(library: Library, **asked: Any) -> list[str]:
    return [entry.id for entry in library.find(Query(**asked))]


def dump(library: Library) -> list[tuple[Any, ...]]:
    """All rows, once the index has followed the files."""
    library.find(Query())
    with closing(sqlite3.connect(library.index.file)) as database:
        return sorted(database.execute("SELECT * FROM pictures").fetchall())


@pytest.fixture
def full(library: Library) -> Iterator[tuple[Library, dict[str, Saved]]]:
    """A library with a picture of each kind."""
    made = {
        "house": put(library, text("A Red house\nat night", negative="fog", seed=7), days=3),
        "ship": put(library, text("ein Schiff, Straße nach Ü", seed=8), days=2, model="/models/Öl", title="Ölbild"),
    }
    photo = noise()
    made["edit"] = put(library, Inpaint(prompt="a red boat", image=photo, mask=Image.new("L", photo.size, 255)), days=1)
    made["wide"] = put(library, Outpaint(image=library.picture(made["house"].id), margins=Margins(left=8)))
    yield library, made


def test_what_was_made_is_found_by_what_is_known_of_it(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    house, ship, edit, wide = (made[name].id for name in ("house", "ship", "edit", "wide"))
    assert ids(library) == [wide, edit, ship, house]  # newest first
    assert ids(library, words="red") == [edit, house]
    assert ids(library, words="RED fog") == [house]
    assert ids(library, words="strasse ü") == [ship]
    assert ids(library, words="100%") == ids(library, words="_") == []  # no wildcards
    assert ids(library, model="öLB") == ids(library, model="models/ö") == [ship]
    assert ids(library, seed=7) == [house] and ids(library, task="inpaint") == [edit]
    day = NOW.astimezone().date()
    assert ids(library, since=day - timedelta(days=2)) == [wide, edit, ship]
    assert ids(library, since=day - timedelta(days=2), until=day - timedelta(days=1)) == [edit, ship]
    assert ids(library, limit=2, offset=1) == [edit, ship]
    entry = library.entry(house)
    assert (entry.prompt, entry.negative, entry.seed) == ("A Red house\nat night", "fog", 7)
    assert (entry.width, entry.height, entry.path, entry.sampler) == (24, 16, made["house"].path, "dpmpp_2m")
    assert entry.time == NOW - timedelta(days=3)
    assert entry.pixels == picture_key(library.picture(house))


def test_a_picture_knows_the_one_it_was_made_from(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    parents = {entry.id: entry.parent for entry in library.find(Query())}
    assert parents == {made["wide"].id: made["house"].id} | {made[name].id: None for name in ("house", "ship", "edit")}


def test_without_its_index_a_library_is_the_same(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    library.say(made["ship"].id, star=True, tags=("sea", "gift"), collection="Wall")
    library.trash(made["edit"].id)
    before, found = dump(library), library.find(Query())
    for file in library.index.file.parent.glob("library.sqlite*"):
        file.unlink()
    again = Library(library.outputs)
    assert again.find(Query()) == found and dump(again) == before
    assert again.index.rebuild() == 4 and dump(again) == before


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\0" + bytes(300)])
def test_a_damaged_index_is_made_anew(full: tuple[Library, dict[str, Saved]], damage: bytes) -> None:
    library, _ = full
    before = library.find(Query())
    for file in library.index.file.parent.glob("library.sqlite-*"):
        file.unlink()
    library.index.file.write_bytes(damage)
    assert library.find(Query()) == before


def test_an_index_of_another_version_is_made_anew(full: tuple[Library, dict[str, Saved]]) -> None:
    library, _ = full
    before = library.find(Query())
    with closing(sqlite3.connect(library.index.file)) as database:
        database.execute("DROP TABLE pictures")
        database.execute("CREATE TABLE pictures (something)")
        database.execute("PRAGMA user_version = 99")
    assert library.find(Query()) == before


def test_where_no_index_can_be_written_things_are_found_all_the_same(full: tuple[Library, dict[str, Saved]]) -> None:
    library, _ = full
    before = library.find(Query())
    shutil.rmtree(library.index.file.parent)
    library.index.file.parent.write_text("in the way")
    assert library.find(Query()) == before
    assert library.find(Query()) == before


def test_nothing_is_written_where_there_is_no_library(tmp_path: Path) -> None:
    assert Library(tmp_path / "none").find(Query()) == []
    assert list(tmp_path.iterdir()) == []


def test_the_index_follows_files_that_come_change_and_go(
    full: tuple[Library, dict[str, Saved]], tmp_path: Path
) -> None:
    library, made = full
    count = len(ids(library))
    other = Library(tmp_path / "elsewhere")
    guest = put(other, text("a guest"))
    shutil.copy(guest.path, library.outputs)
    assert ids(library, words="guest") == [guest.id] and len(ids(library)) == count + 1
    made["ship"].path.unlink()
    assert ids(library, words="schiff") == []
    recipe = Recipe(request=text("painted over"), model="m", title="M")
    made["house"].path.write_bytes(recipes.png(noise(), recipe))
    assert ids(library, words="painted over") == [made["house"].id] and ids(library, words="night") == []
    moved = made["edit"].path.rename(library.outputs / f"my-boat_{made['edit'].id}.png")
    assert library.entry(made["edit"].id).path == moved


def told(prompt: str = "", seed: Any = 0, created: str = "2026-11-21T00:00:00+00:00") -> bytes:
    """A recipe of the right shape with values of no use."""
    request: dict[str, Any] = {"prompt": prompt, "negative": "", "task": "text_to_image"}
    request["sampling"] = {"sampler": "euler", "seed": seed}
    return json.dumps({"created": created, "model": "m", "title": "", "request": request, "pixels": "x"}).encode()


@pytest.mark.parametrize(
    "recipe",
    [
        told(seed=10**30),
        told(seed=-1),
        told(prompt="\ud800"),
        told(created="9999-12-31T23:59:59+00:00"),
        told(created="0001-01-01T00:00:00+14:00"),
        told(created="soon"),
        told(seed="many"),
        None,
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"request": {"prompt": 1}}',
    ],
)
def test_one_broken_file_breaks_nothing(full: tuple[Library, dict[str, Saved]], recipe: bytes | None) -> None:
    library, made = full
    before = ids(library)
    broken = library.outputs / "2026_broken_0123456789ab.png"
    if recipe is None:
        broken.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    else:
        chunks = PngInfo()
        chunks.add_text("diffusion-studio", recipe.decode())
        noise().save(broken, pnginfo=chunks)
    assert ids(library) == before and library.index.rebuild() == len(before)
    library.say(made["house"].id, star=True)
    assert ids(library, starred=True) == [made["house"].id]
    with pytest.raises(UnreadableImage, match="has no picture '0123456789ab'"):
        library.trash("0123456789ab")


def test_a_recipe_of_before_pixels_were_hashed_is_found_too(library: Library) -> None:
    saved = put(library, text())
    with Image.open(saved.path) as picture:
        data = json.loads(picture.info["diffusion-studio"])
        picture.load()
    for name in ("pixels", "source_type", "origin"):
        del data[name]
    chunks = PngInfo()
    chunks.add_itxt("diffusion-studio", json.dumps(data))
    picture.save(saved.path, pnginfo=chunks)
    entry = library.entry(saved.id)
    assert entry.pixels == picture_key(picture) and entry.source_type.endswith("/trainedAlgorithmicMedia")


def test_what_a_person_says_is_kept_beside_the_files(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    id = made["house"].id
    said = library.say(id, star=True, tags=("  sea ", "gift", "sea", "ü"), collection=" My  wall ")
    assert (said.star, said.tags, said.collection) == (True, ("gift", "sea", "ü"), "My wall")
    assert json.loads((library.outputs / ".studio" / "said" / f"{id}.json").read_text("utf-8"))["star"] is True
    assert library.say(id, star=False).tags == said.tags
    assert ids(library, tag="sea") == ids(library, collection="My wall") == ids(library, tag="ü") == [id]
    assert ids(library, tag="se") == ids(library, collection="wall") == ids(library, starred=True) == []
    library.say(id, tags=(), collection="")
    assert ids(library, tag="sea") == [] and not list((library.outputs / ".studio" / "said").iterdir())


def test_no_change_of_mind_is_too_quick_to_be_noticed(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    for tag in ("one", "two", "six") * 5:
        library.say(made["house"].id, tags=(tag,))
        assert ids(library, tag=tag) == [made["house"].id]


@pytest.mark.parametrize("wrong", [{"tags": ("",)}, {"tags": ("x" * 65,)}, {"collection": "a\0b"}, {"tags": (5,)}])
def test_words_that_are_none_are_refused(full: tuple[Library, dict[str, Saved]], wrong: dict[str, Any]) -> None:
    library, made = full
    with pytest.raises(InvalidRequest, match="must be a word or some"):
        library.say(made["house"].id, **wrong)


def test_a_damaged_decision_counts_as_none(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    library.say(made["house"].id, star=True)
    (library.index.said / f"{made['house'].id}.json").write_text('{"star": tr')
    assert ids(library, starred=True) == [] and len(ids(library)) == 4


def test_what_is_thrown_away_comes_back_until_the_trash_is_emptied(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    house, ship = made["house"], made["ship"]
    before = house.path.read_bytes()
    library.say(house.id, star=True)
    library.trash(house.id)
    library.trash(ship.id)
    assert not house.path.exists() and library.path_of(house.id) is None
    assert house.id not in ids(library) and ids(library, trashed=True) == [ship.id, house.id]
    assert library.recent(9)[-1].id == made["edit"].id
    with pytest.raises(UnreadableImage, match="has no picture"):
        library.trash(house.id)
    assert library.restore(house.id) == house.path and house.path.read_bytes() == before
    assert ids(library, starred=True) == [house.id]
    (library.index.trash / "own.txt").write_text("not ours")
    assert library.empty_trash() == 1 and library.empty_trash() == 0
    assert [file.name for file in library.index.trash.iterdir()] == ["own.txt"]
    with pytest.raises(UnreadableImage, match="The trash has no picture"):
        library.restore(ship.id)


def test_a_trash_that_cannot_be_made_loses_nothing(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    library.index.trash.write_text("in the way")
    with pytest.raises(OutputError, match="a file is in the way"):
        library.trash(made["house"].id)
    assert made["house"].path.is_file() and len(ids(library)) == 4


def test_a_file_whose_name_is_no_text_is_left_out(full: tuple[Library, dict[str, Saved]]) -> None:
    library, made = full
    try:
        shutil.copy(made["ship"].path, os.fsencode(library.outputs) + b"/\xff_0123456789ab.png")
    except OSError:
        pytest.skip("this disk takes no such names")
    assert len(ids(library)) == 4


@pytest.mark.parametrize("id", ["", "*", "../secret", "0" * 12, "0" * 64, "a\0", "'; DROP TABLE pictures"])
def test_what_is_no_id_leads_nowhere(full: tuple[Library, dict[str, Saved]], id: str) -> None:
    library, _ = full
    for act in (library.entry, library.say, library.trash, library.restore):
        with pytest.raises(UnreadableImage):
            act(id)
    assert len(ids(library)) == 4


@pytest.mark.parametrize("wrong", [{"task": "dream"}, {"seed": 2**64}, {"seed": -1}, {"limit": -1}, {"offset": 10**30}])
def test_questions_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        Query(**wrong)


def test_marks_tell_who_made_a_picture_wholly(library: Library) -> None:
    """IPTC: trainedAlgorithmicMedia if the model made all of it, a composite if a person's picture is underneath."""
    photo, mask = noise(), Image.new("L", (24, 16), 255)

    def mark(saved: Saved) -> str:
        with Image.open(saved.path) as picture:
            (term,) = (part for part in picture.info["xmp"].decode().split("<") if "DigitalSourceType>http" in part)
        assert library.recipe(saved.path)["source_type"] == term.split(">")[1]
        return term.rsplit("/")[-1]

    made = put(library, text())
    of_photo = put(library, Inpaint(image=photo, mask=mask))
    own = library.picture(made.id)
    of_own = put(library, ImageToImage(image=own))
    of_that = put(library, Outpaint(image=library.picture(of_own.id), margins=Margins(left=8)))
    of_edit = put(library, ImageToImage(image=library.picture(of_photo.id)))
    wholly, edited = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"
    assert [mark(each) for each in (made, of_own, of_that)] == [wholly] * 3
    library.trash(made.id)
    assert mark(put(library, Inpaint(image=own, mask=mask))) == wholly
    assert [mark(each) for each in (of_photo, of_edit)] == [edited] * 2


def test_many_hands_at_once_find_the_same(full: tuple[Library, dict[str, Saved]]) -> None:
    library, _ = full
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda k: put(library, text(f"crowd {k}")), range(16)))
        found = list(pool.map(lambda k: ids(library, words="crowd"), range(16)))
    assert all(sorted(each) == sorted(item.id for item in saved) for each in found)


def test_days_are_those_of_the_person(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for zone, day in (("UTC-10", date(2026, 11, 22)), ("UTC+10", date(2026, 11, 21))):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        made = datetime(2026, 11, 21, 18, tzinfo=UTC)
        recipe = Recipe(request=text(zone), model="m", title="M", created=made.isoformat())
        saved = library.save(noise(), recipe)
        assert ids(library, words=zone, since=day, until=day) == [saved.id]
    monkeypatch.undo()
    time.tzset()
