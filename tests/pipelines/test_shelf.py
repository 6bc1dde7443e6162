"""A person's models folder, laid out as other programs do it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import ModelError
from pipelines.shelf import PLACES, Shelf

A1111 = {
    "models/Stable-diffusion/anime/Counter.V3.safetensors": "checkpoint",
    "models/Lora/Detail-Tweaker.safetensors": "lora",
    "models/LyCORIS/glow.safetensors": "lora",
    "models/VAE/kl-f8.safetensors": "vae",
    "models/ControlNet/canny.safetensors": "controlnet",
    "models/ESRGAN/sharp.safetensors": "upscaler",
    "embeddings/bad-hands.safetensors": "embedding",
}
COMFY = {
    "models/checkpoints/counter.safetensors": "checkpoint",
    "models/diffusion_models/flux.safetensors": "checkpoint",
    "models/unet/older.safetensors": "checkpoint",
    "models/loras/styles/ink.safetensors": "lora",
    "models/vae/ae.safetensors": "vae",
    "models/controlnet/depth.safetensors": "controlnet",
    "models/text_encoders/t5.safetensors": "text_encoder",
    "models/clip/clip_l.safetensors": "text_encoder",
    "models/embeddings/easy.safetensors": "embedding",
    "models/ipadapter/plus.safetensors": "ip_adapter",
    "models/clip_vision/CLIP-ViT-H-14.safetensors": "image_encoder",
}


def lay(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize("layout", [A1111, COMFY])
@pytest.mark.parametrize("given", [".", "models"])
def test_both_layouts_are_read_from_either_folder(tmp_path: Path, layout: dict[str, str], given: str) -> None:
    shelf = Shelf(lay(tmp_path, *layout) / given)
    found = {item.path.resolve().relative_to(tmp_path.resolve()).as_posix(): item.kind for item in shelf.items()}
    assert found == layout
    assert [item.kind for item in shelf.items("lora")] == ["lora"] * sum(kind == "lora" for kind in layout.values())


def test_names_are_found_in_any_case_with_or_without_folder_and_suffix(tmp_path: Path) -> None:
    shelf = Shelf(lay(tmp_path, *A1111))
    path = tmp_path / "models/Stable-diffusion/anime/Counter.V3.safetensors"
    for name in (
        "counter.v3",
        "Counter.V3",
        "anime/counter.v3",
        "anime\\Counter.V3.safetensors",
        "Counter.V3 [0123456789]",
    ):
        assert shelf.find("checkpoint", name) == path


def test_a_name_in_its_own_case_and_with_its_folder_goes_before_others(tmp_path: Path) -> None:
    shelf = Shelf(lay(tmp_path, "Lora/Ink.safetensors", "Lora/ink.safetensors", "Lora/old/ink.safetensors"))
    assert shelf.find("lora", "ink") == tmp_path / "Lora/ink.safetensors"
    assert shelf.find("lora", "Ink") == tmp_path / "Lora/Ink.safetensors"
    assert shelf.find("lora", "old/ink") == tmp_path / "Lora/old/ink.safetensors"


def test_what_fits_nothing_or_several_is_said(tmp_path: Path) -> None:
    shelf = Shelf(lay(tmp_path, "Lora/a/ink.safetensors", "Lora/b/ink.safetensors", "Lora/watercolour.safetensors"))
    for name, reason in {
        "ink": "'ink' fits a/ink, b/ink: give one of these names",
        "water-colour": "There is no LoRA 'water-colour' in .*: try watercolour",
        "xyz": "there is ink, watercolour",
        "../../etc/passwd": "There is no LoRA",
    }.items():
        with pytest.raises(ModelError, match=reason):
            shelf.find("lora", name)
    with pytest.raises(ModelError, match=r"There is no VAE 'x' in .*: nothing of the kind is there"):
        shelf.find("vae", "x")
    assert Shelf(tmp_path / "nowhere").items() == ()


def test_pickles_are_listed_but_never_found(tmp_path: Path) -> None:
    shelf = Shelf(lay(tmp_path, "embeddings/bad.pt", "embeddings/good.pt", "embeddings/good.safetensors"))
    assert [(item.name, item.readable) for item in shelf.items("embedding")] == [
        ("bad", False),
        ("good", False),
        ("good", True),
    ]
    assert shelf.find("embedding", "good").suffix == ".safetensors"
    with pytest.raises(ModelError, match=r"The embedding 'bad' is only there as bad\.pt"):
        shelf.find("embedding", "bad")


def test_folders_in_diffusers_layout_are_models_and_not_looked_into(tmp_path: Path) -> None:
    lay(tmp_path, "diffusers/sd/model_index.json", "diffusers/sd/unet/diffusion_pytorch_model.safetensors")
    lay(tmp_path, "checkpoints/.hidden.safetensors", "loose.safetensors")
    shelf = Shelf(tmp_path)
    assert [(item.kind, item.name) for item in shelf.items()] == [("", "loose"), ("checkpoint", "sd")]
    assert shelf.find("checkpoint", "SD") == tmp_path / "diffusers/sd"
    assert shelf.find("lora", "loose") == tmp_path / "loose.safetensors"


def test_a_name_may_mean_things_of_several_kinds(tmp_path: Path) -> None:
    shelf = Shelf(lay(tmp_path, "Lora/ink.safetensors", "VAE/ink.safetensors", "VAE/inky.safetensors"))
    assert [item.kind for item in shelf.fitting("INK")] == ["lora", "vae"]
    assert [item.kind for item in shelf.fitting("ink", "vae")] == ["vae"]
    assert shelf.item(tmp_path / "VAE/inky.safetensors").name == "inky"
    assert shelf.item(tmp_path / "elsewhere" / "x.safetensors").name == "x"


def test_links_that_go_in_circles_end(tmp_path: Path) -> None:
    lay(tmp_path, "loras/ink.safetensors")
    (tmp_path / "loras" / "again").symlink_to(tmp_path / "loras")
    elsewhere = lay(tmp_path / "elsewhere", "far.safetensors")
    (tmp_path / "loras" / "linked").symlink_to(elsewhere)
    assert [item.name for item in Shelf(tmp_path).items("lora")] == ["ink", "linked/far"]


def test_the_shelf_of_a_file_is_told_from_its_place(tmp_path: Path) -> None:
    assert Shelf.around(tmp_path / "models/checkpoints/sub/x.safetensors").root == tmp_path / "models"
    assert Shelf.around(tmp_path / "vae/models/Stable-diffusion/unet/x.safetensors").root == tmp_path / "vae/models"
    assert Shelf.around(tmp_path / "mine/loras/x.safetensors").root == tmp_path / "mine"
    assert Shelf.around(tmp_path / "x.safetensors").root == tmp_path


def test_a_shelf_needs_no_torch() -> None:
    code = "import pipelines.shelf, sys; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
    assert all(name == name.lower() for place in PLACES.values() for name in place.folders)
