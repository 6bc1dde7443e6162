"""How long it takes to list a models folder of 200 files as large as real ones, first and again.

python -m benchmarks.models [--rounds 3]

The files have the headers of real models and as many bytes, of which the disk holds none: SDXL and Stable Diffusion 1
checkpoints, LoRAs of SDXL, embeddings, VAEs, pickles.  Bars: 2 s the first time, 0.2 s from then on.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from math import prod
from multiprocessing import get_context
from pathlib import Path

from studio.models import Models

BARS = {"first": 2.0, "again": 0.2}
BYTES = {"F16": 2, "F32": 4}
Shapes = Mapping[str, tuple[int, ...]]


def write(path: Path, shapes: Shapes, dtype: str = "F16") -> None:
    """A safetensors file with this header, and a hole behind it as long as its numbers."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = prod(shape) * BYTES[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": (end, end + size)}
        end += size
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)


def real(kind: str) -> Shapes:
    """Names and shapes of a whole model of this kind; its weights are nowhere."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    from pipelines.sources.checkpoint import _empty
    from pipelines.sources.configs import read_config
    from pipelines.sources.kinds import CONFIGS, KINDS
    from tests import original

    makers = {
        "unet": (UNet2DConditionModel, original.unet),
        "vae": (AutoencoderKL, original.vae),
        "clip": (CLIPTextModel, original.clip),
        "open_clip": (CLIPTextModelWithProjection, original.open_clip),
    }
    found: dict[str, tuple[int, ...]] = {}
    for part, place in KINDS[kind].parts.items():
        make, names = makers[place.scheme]
        module = _empty(make, read_config(CONFIGS / KINDS[kind].configs / part / "config.json"))
        found |= {f"{place.starts[0]}{name}": tuple(tensor.shape) for name, tensor in names(module).items()}
    return found


def lora_of(shapes: Shapes, rank: int = 16) -> Shapes:
    """A LoRA over all attention of a network, in kohya's names."""
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in shapes.items():
        if "transformer_blocks" in name and name.endswith(".weight") and len(shape) == 2:
            at = "lora_unet_" + name.removeprefix("model.diffusion_model.").removesuffix(".weight").replace(".", "_")
            found |= {f"{at}.lora_down.weight": (rank, shape[1]), f"{at}.lora_up.weight": (shape[0], rank)}
            found[f"{at}.alpha"] = ()
    return found


def fill(shelf: Path) -> None:
    sdxl, sd1 = real("sdxl"), real("sd1")
    lora = lora_of(sdxl)
    vae = {name.removeprefix("first_stage_model."): shape for name, shape in sd1.items() if name.startswith("first_")}
    for number in range(20):
        write(shelf / "Stable-diffusion" / f"xl {number}.safetensors", sdxl)
        write(shelf / "Stable-diffusion" / "old" / f"sd {number}.safetensors", sd1, "F32")
        write(shelf / "VAE" / f"vae {number}.safetensors", vae, "F32")
        (shelf / "Stable-diffusion" / f"pickle {number}.ckpt").write_bytes(b"PK\x03\x04" + bytes(1000))
    for number in range(80):
        write(shelf / "Lora" / f"style {number}.safetensors", lora)
    for number in range(40):
        write(shelf / "embeddings" / f"word {number}.safetensors", {"emb_params": (8, 768)}, "F32")


def listing(shelf: Path) -> float:
    start = time.perf_counter()
    assert len(Models(shelf=shelf).entries()) == 200
    return time.perf_counter() - start


def command(shelf: Path) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "studio", "models", "--models", str(shelf)], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = range(parser.parse_args().rounds)
    with tempfile.TemporaryDirectory() as folder:
        shelf = Path(folder) / "models"
        writer = get_context("spawn").Process(target=fill, args=(shelf,))  # torch's objects would slow down this one
        writer.start()
        writer.join()
        times: dict[str, list[float]] = {"first": [], "again": [], "the command, again": []}
        for _ in rounds:
            (shelf / ".studio" / "known.json").unlink(missing_ok=True)
            times["first"].append(listing(shelf))
            times["again"].append(listing(shelf))
            times["the command, again"].append(command(shelf))
    middles = {name: statistics.median(each) for name, each in times.items()}
    for name, middle in middles.items():
        print(f"{name:20} {middle:6.3f} s")
    return 1 if any(middles[name] > bar for name, bar in BARS.items()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
