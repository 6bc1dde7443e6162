"""The parts of the recipe that can be checked without training anything."""

import json
from math import inf
from pathlib import Path
from random import Random

import numpy as np
import pytest

from training.captions import caption, vocabulary
from training.scenes import imagine


def squares(count: int) -> np.ndarray:
    """The first drawings that are 256 × 256, as bytes [count, 256, 256, 3]."""
    from training.drawings import pixels
    from training.scenes import size_of

    numbers = [number for number in range(4 * count) if size_of(number) == (256, 256)][:count]
    return np.stack([pixels(number)[..., :3] for number in numbers])


def test_a_smaller_drawing_is_the_mean_of_the_whole_one() -> None:
    """Of its colours as of its mask, whatever the mask says there."""
    from training.drawings import pixels

    for number, shrink in ((5, 2), (6, 4)):
        whole, small = pixels(number).astype(float), pixels(number, shrink)
        height, width, layers = small.shape
        mean = whole.reshape(height, shrink, width, shrink, layers).mean(axis=(1, 3))
        assert np.abs(mean - small).max() <= 0.5


def test_every_word_is_one_token_and_any_text_can_be_read() -> None:
    from training.text import LENGTH, new_tokenizer, tokens

    tokenizer = new_tokenizer()
    for word in vocabulary():
        numbers = tokenizer(word).input_ids
        assert len(numbers) == 3, word  # start, the word, end
        assert tokenizer.decode(numbers, skip_special_tokens=True) == word
    strange = "zebra, 日本 – Ünï!"
    assert len(tokenizer(strange).input_ids) > 8
    batch = tokens(tokenizer, ["", strange, *(caption(imagine(number), Random(number)) for number in range(300))])
    assert batch.shape == (302, LENGTH)
    assert (batch[0, 1:] == tokenizer.eos_token_id).all()
    assert (batch[:, -1] == tokenizer.eos_token_id).all()  # none was cut off


def test_saved_tokenizer_reads_the_same(tmp_path: Path) -> None:
    from transformers import CLIPTokenizer

    from training.text import new_tokenizer

    tokenizer = new_tokenizer()
    tokenizer.save_pretrained(tmp_path)
    again = CLIPTokenizer.from_pretrained(tmp_path)
    said = caption(imagine(3), Random(3)) + " zebra"
    assert len(again) == len(tokenizer)
    assert again(said).input_ids == tokenizer(said).input_ids


def test_text_encoder_knows_where_a_prompt_ends() -> None:
    from training.text import new_text_encoder, new_tokenizer

    tokenizer = new_tokenizer()
    config = new_text_encoder(tokenizer).config
    known = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, len(tokenizer))
    assert (config.bos_token_id, config.eos_token_id, config.pad_token_id, config.vocab_size) == known


def test_the_road_ends_in_nothing_but_noise_and_is_diffusers_road() -> None:
    import torch

    from training.noising import STEPS, new_road, new_scheduler

    road, scheduler = new_road(), new_scheduler()
    assert road.alpha[-1] == 0
    assert road.sigma[-1] == 1
    clean, noise = torch.randn(2, 5, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    step = torch.tensor([0, 10, 500, STEPS - 2, STEPS - 1])
    torch.testing.assert_close(
        road.noised(clean, noise, step), scheduler.add_noise(clean, noise, step), atol=2e-3, rtol=0
    )
    torch.testing.assert_close(
        road.velocity(clean, noise, step), scheduler.get_velocity(clean, noise, step), atol=2e-3, rtol=0
    )


def test_the_encoder_is_the_linear_map_that_was_measured() -> None:
    import torch
    from diffusers import AutoencoderKL

    from training.autoencoder import new_autoencoder
    from training.cells import CELL, CHANNELS, COLOUR_SPREAD, COLOURS, DETAIL_SPREAD, measure

    drawn = squares(12)
    cells = measure(drawn)
    network: AutoencoderKL = new_autoencoder(cells).half().float()  # as it will be shipped
    images = torch.from_numpy(drawn).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        posterior = network.encode(images).latent_dist
    # the oracle: the map as one matrix product on cells that numpy cut out
    cut = images.numpy().reshape(12, 3, 32, CELL, 32, CELL).transpose(0, 2, 4, 1, 3, 5).reshape(12, 32, 32, 192)
    expected = ((cut - cells.mean.numpy()) @ cells.patterns.numpy().T).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(posterior.mode().numpy(), expected, atol=8e-3)  # half floats, after an anchor of 64
    assert posterior.std.max() < 1e-5
    spread = expected.std(axis=(0, 2, 3))
    np.testing.assert_allclose(spread[:COLOURS], COLOUR_SPREAD, rtol=1e-3)
    np.testing.assert_allclose(spread[COLOURS:], DETAIL_SPREAD, rtol=1e-3)
    correlations = np.corrcoef(expected.transpose(1, 0, 2, 3).reshape(CHANNELS, -1))
    assert np.abs(correlations[:COLOURS, :COLOURS] - np.eye(COLOURS)).max() < 1e-3


def test_colours_survive_the_encoder_exactly() -> None:
    """A flat picture's latents are those of its colour; from the three colour latents the colour can be solved for."""
    import torch

    from training.autoencoder import new_autoencoder
    from training.cells import COLOURS, measure

    cells = measure(squares(12))
    colours = torch.tensor([[1.0, 0.2, 0.6], [0.2, 0.9, 0.1], [-0.8, -0.8, -0.2], [0.9, 0.8, 0.4]])
    flat = colours[:, :, None, None].expand(-1, -1, 64, 96)
    with torch.no_grad():
        latents = new_autoencoder(cells).encode(flat).latent_dist.mode()
    of_colour = cells.patterns[:COLOURS].view(COLOURS, 3, -1).sum(dim=2)
    offset = cells.mean.view(3, -1).mean(dim=1)
    told = torch.linalg.solve(of_colour, latents[:, :COLOURS, 4, 5].T).T + offset
    torch.testing.assert_close(told, colours, atol=1 / 255, rtol=0)  # half a byte's step


def test_the_decoder_learns(tmp_path: Path) -> None:
    import torch

    from training.autoencoder import crops, loss_of, new_autoencoder
    from training.cells import measure
    from training.drawings import drawings
    from training.recipe import SCALES

    torch.manual_seed(0)
    pictures = drawings(6, tmp_path)
    cells = measure([picture for shelf in pictures.values() for picture in shelf])
    network = new_autoencoder(cells, SCALES["tiny"])
    encoder = {name: value.clone() for name, value in network.encoder.state_dict().items()}
    picture, mask = next(crops(pictures, ((48, 4),), seed=0))
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=2e-3)
    losses = []
    for _ in range(12):
        loss = loss_of(network, cells, picture, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
    assert all(torch.equal(value, network.encoder.state_dict()[name]) for name, value in encoder.items())


def test_loss_weights_are_one_at_the_noisy_end_and_fall_towards_the_clear_one() -> None:
    import torch

    from training.noising import STEPS, new_road

    weights = new_road().weight(torch.arange(STEPS))
    assert weights[-1] == 1
    assert 0 < weights[0] < 0.01
    assert (weights.diff() >= -1e-6).all()


def test_exported_folder_loads_as_a_stable_diffusion_pipeline(tmp_path: Path) -> None:
    import torch
    from diffusers import StableDiffusionPipeline

    from training import export, folder
    from training.autoencoder import new_autoencoder
    from training.cells import measure
    from training.painter import Painter
    from training.text import new_tokenizer

    unfinished, finished = tmp_path / "meadow.part", tmp_path / "meadow"
    autoencoder = new_autoencoder(measure(squares(4)))
    folder.write_pipeline(Painter(new_tokenizer()), autoencoder, unfinished)
    folder.write_studio_facts(unfinished)
    export.write_card(export.Figures(decibels=1, seen=2, pictures=3, minutes=4), unfinished)
    folder.put_in_place(unfinished, finished)

    assert [path.name for path in tmp_path.iterdir()] == ["meadow"]
    assert sum(path.stat().st_size for path in finished.rglob("*") if path.is_file()) < 48 * 2**20
    assert "1.0 dB" in (finished / "README.md").read_text()
    facts = json.loads((finished / "studio.json").read_text())
    assert facts["words"] == sorted(set(facts["words"]))
    assert {word for example in facts["examples"] for word in example.replace(",", "").split()} <= set(facts["words"])

    pipeline = StableDiffusionPipeline.from_pretrained(finished)
    pipeline.set_progress_bar_config(disable=True)
    assert pipeline.vae.config.scaling_factor == 1
    with torch.inference_mode():
        image = pipeline("a red house", num_inference_steps=1, guidance_scale=1, height=64, width=64).images[0]
    assert image.size == (64, 64)


def test_the_card_shows_what_was_measured_beside_what_was_wanted(tmp_path: Path) -> None:
    from training import export

    measures = {
        "hour": {"value": 97.5, "bar": 97},
        "colour": {"value": 61.0, "bar": 90},
        "seam": {"value": 1.1, "bar": 1.3, "unit": "×", "at_most": True},
        "memory": {"value": 812.3456, "bar": None, "unit": "MiB"},
    }
    export.write_card(export.Figures(decibels=1, seen=2, pictures=3, minutes=4), tmp_path, measures)
    card = (tmp_path / "README.md").read_text()
    assert "| hour | 97.5 | at least 97 | yes |" in card
    assert "| colour | 61 | at least 90 | no |" in card
    assert "| seam | 1.1 × | at most 1.3 | yes |" in card
    assert "| memory | 812.3 MiB | | |" in card
    export.write_card(export.Figures(decibels=1, seen=2, pictures=3, minutes=4), tmp_path)
    assert "not been measured" in (tmp_path / "README.md").read_text()


def test_measures_of_other_weights_are_not_shown(tmp_path: Path) -> None:
    from training import export

    work, model = tmp_path / "work", tmp_path / "model"
    work.mkdir()
    model.mkdir()
    assert export.measures_of(model, work) == {}
    (model / "some.safetensors").write_bytes(b"weights")
    ours = export.fingerprint(model)
    rows = {"hour": {"value": 1.0, "bar": 2, "model": ours}, "ground": {"value": 1.0, "bar": 2, "model": "another"}}
    (work / export.MEASURES).write_text(json.dumps(rows))
    assert list(export.measures_of(model, work)) == ["hour"]
    (model / "some.safetensors").write_bytes(b"other weights")
    assert export.measures_of(model, work) == {}


def test_a_run_can_be_stopped_and_taken_up_again(tmp_path: Path) -> None:
    import torch

    from training.loop import Average, Clock, learning_rate, load, save

    save(tmp_path / "run.pt", step=3, seconds=30.0)
    before = load(tmp_path / "run.pt")
    assert 0.5 <= Clock(1, before["seconds"]).tick() < 0.6
    assert load(tmp_path / "absent.pt") == {}
    assert learning_rate(1.0, 0, 0.0) < learning_rate(1.0, 99, 0.0) == 1.0
    assert learning_rate(1.0, 999, 1.0) == pytest.approx(0.02)
    layer = torch.nn.Linear(2, 2)
    average = Average(layer, 0.9)
    with torch.no_grad():
        layer.weight += 1
    for step in range(200):
        average.update(layer, step)
    torch.testing.assert_close(average.network.weight, layer.weight, atol=1e-3, rtol=0)
    grown = Average(layer, 0.9)
    with torch.no_grad():
        layer.weight += 1
    grown.update(layer, inf)  # an average that was taken up forgets no faster at first
    torch.testing.assert_close(layer.weight - grown.network.weight, torch.full((2, 2), 0.9), atol=1e-6, rtol=0)


def test_a_run_may_be_counted_in_steps() -> None:
    from training.loop import Clock

    clock = Clock(minutes=inf, steps=40)
    assert [clock.tick(step) for step in (0, 10, 39, 40, 50)] == [0, 0.25, 39 / 40, 1, 1]
    assert Clock(minutes=0).tick() == 1


def test_lots_depend_on_the_question_alone() -> None:
    from training.loop import lot

    assert lot(1, "decoder", 2) == lot(1, "decoder", 2)
    asked = {lot(seed, name, step) for seed in range(5) for name in ("decoder", "denoiser") for step in range(200)}
    assert len(asked) == 2000
    assert all(0 <= number < 2**32 for number in asked)
