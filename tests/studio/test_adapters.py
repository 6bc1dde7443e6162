"""LoRAs, embeddings and another autoencoder on the command line: in the picture, in its recipe, and made again."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file

from pipelines import controls, loading, requests, run
from pipelines.requests import Sampling, Size, TextToImage
from studio import arguments, cli
from studio.settings import Settings
from studio.workers import Worker
from tests.pipelines.adapters.test_ip_adapter import make_plain
from tests.tiny.parts import make_image_encoder, make_vae

PROMPT = "a red zork house <lora:ink:0.5:0.8>"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A LoRA on one layer, a word of two vectors, and an autoencoder."""
    root = tmp_path / "models"
    for name in ("Lora", "embeddings", "VAE"):
        (root / name).mkdir(parents=True)
    write_lora(root, 1)
    stream = torch.Generator().manual_seed(2)
    save_file({"emb_params": torch.randn(2, 32, generator=stream)}, root / "embeddings" / "zork.safetensors")
    torch.manual_seed(5)
    save_file(make_vae().state_dict(), root / "VAE" / "soft.safetensors")
    return root


def write_lora(root: Path, seed: int) -> None:
    stream = torch.Generator().manual_seed(seed)
    down, up = torch.randn(2, 4, 3, 3, generator=stream), torch.randn(16, 2, 1, 1, generator=stream)
    tensors = {"lora_unet_conv_in.lora_down.weight": down, "lora_unet_conv_in.lora_up.weight": up}
    save_file(tensors, root / "Lora" / "ink.safetensors")


def generate(folder: Path, shelf: Path, out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Path:
    words = ["generate", PROMPT, "--model", str(folder), "--models", str(shelf), "--out", str(out)]
    words += ["--width", "64", "--height", "64", "--steps", "2", "--seed", "1", *more]
    assert cli.main(words) == 0
    return Path(capsys.readouterr().out.strip())


def recipe_of(path: Path) -> dict[str, Any]:
    with Image.open(path) as picture:
        return json.loads(picture.info["diffusion-studio"])


def test_a_picture_with_all_of_them_is_made_again(
    sd_folder: Path, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = generate(sd_folder, shelf, tmp_path / "out", capsys, "--vae", "soft")
    plain = generate(sd_folder, shelf, tmp_path / "out", capsys)
    recipe = recipe_of(made)
    assert [(each["kind"], each["name"], each["network"], each["text"]) for each in recipe["adapters"]] == [
        ("lora", "ink", 0.8, 0.5),
        ("embedding", "zork", 1.0, 1.0),
    ]
    assert recipe["on"]["vae"] == "soft" and "vae" not in recipe_of(plain)["on"]
    assert recipe["pixels"] != recipe_of(plain)["pixels"]

    again = ["replay", str(made), "--models", str(shelf), "--out", str(tmp_path / "copies")]
    assert cli.main(again) == 0
    assert "pixel for pixel" in capsys.readouterr().err
    write_lora(shelf, 2)
    assert cli.main(again) == 1
    assert "as the lora ink is another file" in capsys.readouterr().err
    (shelf / "Lora" / "ink.safetensors").unlink()
    assert cli.main(again) == 2
    assert "There is no LoRA 'ink'" in capsys.readouterr().err


def test_a_picture_with_an_image_prompt_is_made_again(
    sd_folder: Path, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it was shown is kept by the hash of its pixels, and found by it."""
    write_ip_adapter(sd_folder, shelf, "like")
    photo = tmp_path / "photo.png"
    Image.effect_noise((40, 40), 90).convert("RGB").save(photo)
    plain = generate(sd_folder, shelf, tmp_path / "out", capsys)
    made = generate(sd_folder, shelf, tmp_path / "out", capsys, "--image-prompt", f"like,image={photo},weight=0.7")
    recipe = recipe_of(made)
    (prompt,) = recipe["request"]["image_prompts"]
    assert (tmp_path / "out" / "inputs" / f"{prompt['image']['sha256']}.png").is_file()
    assert [each["kind"] for each in recipe["adapters"]] == ["lora", "embedding", "ip_adapter"]
    assert recipe["pixels"] != recipe_of(plain)["pixels"]
    photo.unlink()
    assert cli.main(["replay", str(made), "--models", str(shelf), "--out", str(tmp_path / "copies")]) == 0
    assert "pixel for pixel" in capsys.readouterr().err


def write_ip_adapter(model: Path, shelf: Path, name: str) -> None:
    network = UNet2DConditionModel.from_pretrained(model / "unet")
    (shelf / "ipadapter").mkdir(exist_ok=True)
    make_image_encoder().save_pretrained(shelf / "ipadapter" / "image_encoder")
    save_file(make_plain(network, 1), shelf / "ipadapter" / f"{name}.safetensors")


def test_the_examples_of_the_page_run(
    sd_folder: Path, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands are understood; its programs run one after another, on a shelf that has what they name."""
    page = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    photo = Image.effect_noise((64, 64), 90).convert("RGB")
    photo.save("photo.png")
    for line in re.findall(r"^    diffusion-studio generate (.+)$", page, re.MULTILINE):
        arguments.generate().parse_args(shlex.split(line))
    write_ip_adapter(sd_folder, shelf, "ip-adapter_sd15")
    (shelf / "Lora" / "ink.safetensors").rename(shelf / "Lora" / "watercolour.safetensors")
    (shelf / "ControlNet").mkdir()
    network = ControlNetModel.from_unet(
        UNet2DConditionModel.from_pretrained(sd_folder / "unet"), conditioning_embedding_out_channels=(8, 8, 16, 16)
    )
    save_file(network.state_dict(), shelf / "ControlNet" / "canny.safetensors")
    (shelf / "checkpoints").mkdir()
    shutil.copytree(sd_folder, shelf / "checkpoints" / "model")
    shelf.rename(tmp_path / "models")
    names = {name: value for module in (controls, requests, loading, run) for name, value in vars(module).items()}
    names |= {"photo": photo, "TextToImage": small}
    exec("\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL)), names)
    assert [each.name for each in names["event"].adapters] == ["watercolour", "zork", "canny", "ip-adapter_sd15"]


def small(**said: Any) -> TextToImage:
    """A request as it is said, for a small picture of few steps."""
    return TextToImage(size=Size(width=64, height=64), sampling=Sampling(steps=2), **said)


def test_the_engine_looks_on_the_same_shelf(sd_folder: Path, shelf: Path, tmp_path: Path) -> None:
    """In its own process, as for the page."""
    from studio.services import Studio
    from studio.workers import Made

    settings = Settings(outputs=tmp_path / "out", model=str(sd_folder), models=shelf, vae="soft")
    studio = Studio(settings)
    try:
        worker: Worker = studio.worker
        request = TextToImage(prompt=PROMPT, size=Size(width=64, height=64), sampling=Sampling(steps=2))
        made = [event for event in worker.run("one", request, sd_folder) if isinstance(event, Made)]
        assert [used.name for used in made[0].adapters] == ["ink", "zork"]
        assert worker.status.on["vae"] == "soft"
    finally:
        studio.worker.close()
