"""The library on the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pipelines.requests import Sampling, TextToImage
from studio import cli
from studio.library import Library, Recipe, Saved

ROOT = Path(__file__).resolve().parents[2]


def put(library: Library, prompt: str, seed: int) -> Saved:
    request = TextToImage(prompt=prompt, sampling=Sampling(seed=seed))
    created = f"2026-11-{seed:02}T12:00:00+00:00"
    return library.save(
        Image.new("RGB", (24, 16)), Recipe(request=request, model="meadow", title="Meadow", created=created)
    )


@pytest.fixture
def three(library: Library) -> list[Saved]:
    return [put(library, f"a {word} house\nby the sea", seed) for seed, word in ((1, "red"), (2, "blue"), (3, "red"))]


def ask(library: Library, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[str]:
    assert cli.main(["library", *words, "--outputs", str(library.outputs)]) == code
    said = capsys.readouterr()
    return (said.err if code else said.out).splitlines()


def test_pictures_are_searched_marked_thrown_away_and_brought_back(
    library: Library, three: list[Saved], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = (each.id for each in three)
    lines = ask(library, capsys, "search", "red", "HOUSE")
    assert [line.split("  ")[0] for line in lines] == [third, first]
    assert re.fullmatch(rf"{third}  2026-11-0\d \d\d:\d\d  24x16  seed 3  Meadow  a red house by the sea", lines[0])
    assert ask(library, capsys, "star", first, str(three[1].path)) == []
    assert ask(library, capsys, "unstar", second) == ask(library, capsys, "tag", first, "sea", "gift") == []
    assert ask(library, capsys, "collect", first, "My", "wall") == []
    (line,) = ask(library, capsys, "search", "--starred", "--tag", "sea", "--collection", "My wall")
    assert line.startswith(first) and line.endswith("  *  #gift  #sea  [My wall]")
    assert ask(library, capsys, "search", "--until", "2026-11-02", "--since", "2026-11-02", "--paths") == [
        str(three[1].path)
    ]
    assert ask(library, capsys, "search", "--seed", "3", "--task", "text-to-image", "--model", "mead")[0].startswith(
        third
    )
    (moved,) = ask(library, capsys, "trash", first)
    assert Path(moved).is_file() and len(ask(library, capsys, "search")) == 2
    assert ask(library, capsys, "search", "--trashed", "--paths") == [moved]
    assert ask(library, capsys, "restore", first) == [str(three[0].path)]
    ask(library, capsys, "trash", second)
    assert ask(library, capsys, "empty") == ["1 pictures are gone."]
    assert ask(library, capsys, "rebuild") == ["2 pictures are in the index."]


def test_a_short_list_says_that_it_may_be(
    library: Library, three: list[Saved], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["library", "search", "--limit", "2", "--outputs", str(library.outputs)]) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2 and said.err == "There may be more than 2: --limit 0 shows all.\n"
    assert len(ask(library, capsys, "search", "--limit", "0")) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("find",), "Unknown action 'find'"),
        (("serch",), r"Unknown action 'serch' \(did you mean search\?\)"),
        (("star",), "library star needs a picture: give its id"),
        (("star", "0123456789ab"), "The library has no picture '0123456789ab'"),
        (("trash", "../../etc/passwd"), "The library has no picture"),
        (("restore", "0123456789ab"), "The trash has no picture"),
        (("search", "--since", "yesterday"), "--since must be a day such as 2026-11-21, but is 'yesterday'"),
        (("search", "--task", "dream"), "Unknown task 'dream'"),
        (("search", "--seed", str(2**40)), "seed must be a whole number"),
        ((), "needs ACTION as well"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    library: Library, three: list[Saved], capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    (line,) = ask(library, capsys, *words, code=2)
    assert re.search(sentence, line)


def test_verify_and_export_are_commands(
    library: Library, three: list[Saved], capsys: pytest.CaptureFixture[str]
) -> None:
    target = library.outputs / "out.webp"
    assert cli.main(["export", str(three[0].path), str(target), "--quality", "100"]) == 0
    assert capsys.readouterr().out.strip() == str(target) and Image.open(target).format == "WEBP"
    assert cli.main(["verify", str(target)]) == 0
    assert "trainedAlgorithmicMedia" in capsys.readouterr().out
    assert cli.main(["export", str(three[0].path), str(target), "--quality", "0"]) == 2
    assert "--quality must be 1 to 100" in capsys.readouterr().err
    assert cli.main(["verify", str(library.outputs / "none.png")]) == 2


def test_looking_after_pictures_loads_no_network(library: Library, three: list[Saved]) -> None:
    code = (
        f"import sys; from studio import cli; cli.main(['library', 'search', '--outputs', {str(library.outputs)!r}])\n"
    )
    code += f"cli.main(['verify', {str(three[0].path)!r}])\n"
    code += "print({'torch', 'diffusers', 'gradio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
