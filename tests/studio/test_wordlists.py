"""Wordlists and styles: what people have on their disks, good and bad, and that what we write we read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import OutputError
from pipelines.expansion import expand, wear
from studio.wordlists import Style, Styles, Wordlists, read_styles, read_wordlists, write_styles

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20)


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_lists_are_read_from_folders_in_folders(tmp_path: Path) -> None:
    put(tmp_path, "wildcards/colours.txt", "# warm ones\nred\n\n  amber \r\n#ff0000\nrosé # pale\n")
    put(tmp_path, "wildcards/things/at-sea/boat_s.txt", "\ufeff{sloop|__colours__ barge}\n")
    put(tmp_path, "wildcards/größe.txt", "klein\rgroß")
    put(tmp_path, "wildcards/notes.md", "no list")
    read = read_wordlists(tmp_path)
    assert read.hints == ()
    assert read.lists == {
        "colours": ("red", "amber", "rosé # pale"),
        "größe": ("klein", "groß"),
        "things/at-sea/boat_s": ("{sloop|__colours__ barge}",),
    }
    assert expand("__things/at-sea/boat_s__", 1, read.lists) in {
        "sloop",
        "red barge",
        "amber barge",
        "rosé # pale barge",
    }


def test_names_are_those_that_a_keyboard_types(tmp_path: Path) -> None:
    put(tmp_path, "wildcards/gro\u0308ße.txt", "x")  # o and a diaeresis of its own, as a Mac writes file names
    assert list(read_wordlists(tmp_path).lists) == ["größe"]


def test_nothing_there_is_nothing_wrong(tmp_path: Path) -> None:
    assert read_wordlists(tmp_path / "none") == Wordlists({})
    assert read_styles(tmp_path / "none") == Styles()
    put(tmp_path, "wildcards/empty.txt", "# nothing yet\n")
    (tmp_path / "wildcards/folder.txt").mkdir()
    assert read_wordlists(tmp_path) == Wordlists({"empty": ()})


@pytest.mark.parametrize("data", ["a\nrosé".encode("latin-1"), "a\nb".encode("utf-16"), b"a\nb\0c"])
def test_what_is_not_utf_8_is_named_and_left_out(tmp_path: Path, data: bytes) -> None:
    bad = put(tmp_path, "wildcards/bad.txt", data)
    put(tmp_path, "wildcards/good.txt", "x")
    styles = put(tmp_path, "styles.csv", b"name,prompt,negative_prompt\n" + data)
    read = read_wordlists(tmp_path)
    line = 1 if data.startswith(b"\xff") else 2
    assert read.lists == {"good": ("x",)}
    assert read.hints == (f"{bad} is left out, because it is not UTF-8 text (line {line}): save it as UTF-8.",)
    assert read_styles(tmp_path).styles == ()
    assert str(styles) in read_styles(tmp_path).hints[0]


@pytest.mark.parametrize("name", ["my colours", "a__b", "a.b", "x!"])
def test_a_list_that_no_prompt_can_name_is_said(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"wildcards/{name}.txt", "x")
    read = read_wordlists(tmp_path)
    assert not read.lists
    assert "letters, digits" in read.hints[0] and name in read.hints[0]


def test_what_cannot_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = put(tmp_path, "wildcards/a.txt", "x")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert read_wordlists(tmp_path).hints == (f"{bad} cannot be read and is left out: Permission denied.",)


def test_styles_as_people_have_them(tmp_path: Path) -> None:
    text = '\ufeffname,prompt,negative_prompt\r\nOil,"oil painting of {prompt}, warm","photo, blur"\r\n,,\r\n'
    put(tmp_path, "styles.csv", text + 'Long,"two\r\nlines ""quoted""",\r\nshort,only a prompt\r\n--- mine ---,,\r\n')
    read = read_styles(tmp_path)
    assert read.hints == ()
    assert read.styles == (
        Style("Oil", "oil painting of {prompt}, warm", "photo, blur"),
        Style("Long", 'two\nlines "quoted"', ""),
        Style("short", "only a prompt"),
        Style("--- mine ---", ""),
    )
    assert read.named("none") is None
    oil = read.named("Oil")
    assert oil and wear(oil.prompt, "a cat") == "oil painting of a cat, warm"


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    put(tmp_path, "styles.csv", "prompt,more, name\nwarm,x,Oil\n")
    assert read_styles(tmp_path) == Styles((Style("Oil", "warm"),))


@pytest.mark.parametrize(
    ("text", "names", "hint"),
    [
        ("", [], "is left out: its first line should be name,prompt,negative_prompt."),
        ("a,b\n1,2\n", [], "is left out: its first line should be name,prompt,negative_prompt."),
        ("name,prompt\nA,x\n,nameless\n", ["A"], "has a style without a name on line 3, which is left out: name it."),
        ("name,prompt\nA,x\nA,y\n", ["A"], "has two styles 'A'; the one on line 3 counts: rename one."),
        ('name,prompt\nA,x\nB,"unclosed\n', ["A"], "cannot be read beyond line 3: unexpected end of data."),
        (f"name,prompt\nA,x\nB,{'x' * 200_000}\n", ["A"], "cannot be read beyond line 3: field larger"),
    ],
)
def test_broken_styles_are_said_and_the_rest_is_kept(tmp_path: Path, text: str, names: list[str], hint: str) -> None:
    path = put(tmp_path, "styles.csv", text)
    read = read_styles(tmp_path)
    assert [style.name for style in read.styles] == names
    assert read.hints[0].startswith(f"{path} {hint}")


def test_of_two_styles_with_one_name_the_later_counts(tmp_path: Path) -> None:
    put(tmp_path, "styles.csv", "name,prompt\nA,x\nA,y\n")
    assert read_styles(tmp_path).styles == (Style("A", "y"),)


@given(st.lists(st.builds(Style, CELL.map(str.strip).filter(bool), CELL, CELL), unique_by=lambda style: style.name))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, styles: list[Style]) -> None:
    folder = tmp_path_factory.mktemp("styles")
    write_styles(folder, styles)
    assert read_styles(folder) == Styles(tuple(styles))
    assert [path.name for path in folder.iterdir()] == ["styles.csv"]


def test_the_file_is_what_others_expect(tmp_path: Path) -> None:
    write_styles(tmp_path / "new", [Style("Öl", "a, {prompt}", "b")])
    with (tmp_path / "new/styles.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == [{"name": "Öl", "prompt": "a, {prompt}", "negative_prompt": "b"}]


def test_a_place_that_takes_no_file_is_said(tmp_path: Path) -> None:
    put(tmp_path, "taken", "")
    with pytest.raises(OutputError, match="cannot be written"):
        write_styles(tmp_path / "taken", [])
    (tmp_path / "styles.csv").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_styles(tmp_path, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["styles.csv", "taken"]
