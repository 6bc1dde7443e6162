"""A finished model is taken up again, also when the captions have other words by now."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from pipelines.errors import ModelError
from training import export, folder, take_up
from training.autoencoder import new_autoencoder, trained_autoencoder
from training.captions import vocabulary
from training.cells import Cells, measure
from training.denoiser import check_words
from training.drawings import pixels
from training.loop import load, save
from training.painter import Painter
from training.recipe import SCALES, Recipe
from training.take_up import EMBEDDING, moved_rows
from training.text import WORD_END, new_tokenizer, tokens

TINY = SCALES["tiny"]


@pytest.fixture(scope="module")
def cells() -> Cells:
    return measure([pixels(number, TINY.shrink) for number in range(4)])


@pytest.fixture
def work(tmp_path: Path) -> Path:
    Recipe("tiny").begin(tmp_path / "work")
    return tmp_path / "work"


def written(cells: Cells, painter: Painter, where: Path) -> Path:
    """A model folder with that painter."""
    folder.write_pipeline(painter, new_autoencoder(cells, TINY), where)
    (where / export.HISTORY).write_text('{"seen": 640, "minutes": 2.5}')
    return where


def test_a_finished_model_is_taken_up_again(cells: Cells, work: Path, tmp_path: Path) -> None:
    painter = Painter(new_tokenizer(), TINY)
    model = written(cells, painter, tmp_path / "model")
    take_up.take_up(model, work)

    again = load(work / "cells.pt")
    torch.testing.assert_close(again["patterns"], cells.patterns, atol=2e-3, rtol=2e-3)
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        seen = trained_autoencoder(work).encode(images).latent_dist.mode()
    torch.testing.assert_close(seen, cells.latents(images), atol=2e-2, rtol=1e-2)
    torch.testing.assert_close(Cells(**again).latents(images), seen, atol=2e-2, rtol=1e-2)  # the denoiser's lessons
    kept = load(work / "denoiser.pt")
    torch.testing.assert_close(kept["average"]["unet.conv_in.weight"], painter.unet.conv_in.weight.float())
    figures = export.Figures(decibels=30, seen=100, pictures=4, minutes=1.0).after(kept["history"])
    assert (figures.seen, figures.minutes) == (740, 3.5)
    with pytest.raises(ModelError, match="take the model up in an empty folder"):
        take_up.take_up(model, work)


def test_what_was_learnt_about_a_word_follows_it_to_its_new_number(
    cells: Cells, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old_tokenizer = new_tokenizer()
    painter = Painter(old_tokenizer, TINY).eval()
    model = written(cells, painter, tmp_path / "model")
    known = len(vocabulary())
    more = sorted({*vocabulary(), "aardvark", "zeppelin"})
    for module in ("training.text", "training.take_up"):
        monkeypatch.setattr(f"{module}.vocabulary", lambda: more)
    take_up.take_up(model, work)
    assert f"{known} of the captions' {known + 2} words are known, 2 are new" in capsys.readouterr().out

    tokenizer = new_tokenizer()
    assert len(tokenizer) > len(old_tokenizer)
    again = Painter(tokenizer, TINY).eval()
    again.load_state_dict(load(work / "denoiser.pt")["average"])
    said = ["a red house", "two trees by a lake", ""]
    with torch.no_grad():
        before = painter.float().text_encoder(tokens(old_tokenizer, said)).last_hidden_state
        after = again.text_encoder(tokens(tokenizer, said)).last_hidden_state
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)


def rows_of(pieces: dict[str, int]) -> Tensor:
    return torch.randn(len(pieces), 6, generator=torch.Generator().manual_seed(1))


def test_new_words_begin_among_the_known_ones() -> None:
    words = [word + WORD_END for word in vocabulary()]
    before = {piece: number for number, piece in enumerate(["x", *words])}
    now = {piece: number for number, piece in enumerate(["new" + WORD_END, *reversed(words), "y"])}
    rows = rows_of(before)
    rows[0] = 1000.0  # a piece that is no word has no say
    moved = moved_rows(rows, before, now)
    assert all(torch.equal(moved[now[word]], rows[before[word]]) for word in words)
    mean, spread = rows[1:].mean(dim=0), rows[1:].std(dim=0)
    assert ((moved[0] - mean).abs() < 2 * spread).all()
    assert not torch.equal(moved[0], moved[-1])


@pytest.mark.parametrize("told", [True, False])
def test_a_checkpoint_is_taken_up_with_the_words_it_was_trained_with(
    told: bool, cells: Cells, work: Path, tmp_path: Path
) -> None:
    painter = Painter(new_tokenizer(), TINY)
    network = {name: value + 1 for name, value in painter.state_dict().items()}
    facts = {"seen": 100, "seconds": 120.0, "history": {"seen": 11, "minutes": 3.0}}
    if told:  # this one's words had other numbers
        words = new_tokenizer().get_vocab()
        facts["words"] = {piece: len(words) - 1 - number for piece, number in words.items()}
    save(tmp_path / "old.pt", network=network, average=painter.state_dict(), **facts)
    model = written(cells, Painter(new_tokenizer(), TINY), tmp_path / "model")
    take_up.take_up(model, work, tmp_path / "old.pt")
    kept = load(work / "denoiser.pt")
    assert kept["history"] == {"seen": 111, "minutes": 5.0}
    assert torch.equal(kept["network"]["unet.conv_in.weight"], network["unet.conv_in.weight"])
    assert torch.equal(kept["average"]["unet.conv_in.weight"], painter.unet.conv_in.weight)
    expected = painter.state_dict()[EMBEDDING]
    assert torch.equal(kept["average"][EMBEDDING], expected.flip(0) if told else expected)
    check_words(work / "denoiser.pt", new_tokenizer())


def test_what_cannot_be_taken_up_is_refused_in_a_sentence(cells: Cells, work: Path, tmp_path: Path) -> None:
    model = written(cells, Painter(new_tokenizer(), TINY), tmp_path / "model")
    with pytest.raises(ModelError, match="other widths"):
        take_up.take_up(model, tmp_path / "shipped")
    with pytest.raises(ModelError, match="there is none"):
        take_up.take_up(model, work, tmp_path / "nowhere.pt")
    save(work / "denoiser.pt", words={"a</w>": 0})
    with pytest.raises(ModelError, match="trained with other words"):
        check_words(work / "denoiser.pt", new_tokenizer())
