"""What the model costs: its folder, and the time and the memory of one picture, measured in a process of its own."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import torch

from training.measures.artist import artist
from training.measures.rows import Row
from training.measures.trial import Trial

MEGABYTE = 2**20
WORDS = "a red house in a meadow"


def cost(trial: Trial) -> list[Row]:
    """Folder size; seconds and peak memory of a picture at the model's own settings."""
    found = in_a_process_of_its_own(trial.folder)
    where, side = found["device"], "x".join(map(str, trial.artist.size))
    how = f"{side}, {trial.artist.sampling.steps} steps on {where}, the second picture of a fresh process"
    rows = [
        Row("folder", folder_size(trial.folder) / MEGABYTE, 48.0, "all its files", unit="MiB", at_most=True),
        Row("one picture", found["seconds"], None, how, unit="s"),
        Row("peak memory", found["memory"] / MEGABYTE, None, "of that process, libraries included", unit="MiB"),
    ]
    if found["accelerator"]:
        how = "the most that was allocated there at once"
        rows.append(Row("peak accelerator memory", found["accelerator"] / MEGABYTE, None, how, unit="MiB"))
    return rows


def folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def in_a_process_of_its_own(folder: Path) -> dict:
    """What `main` prints when it is run alone."""
    done = subprocess.run(
        [sys.executable, "-m", "training.measures.cost", str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Paint twice, for the first picture also pays for what is prepared once; tell the seconds of the second."""
    painter = artist(Path(sys.argv[1]))
    painter.paint(WORDS, 0)
    start = time.perf_counter()
    painter.paint(WORDS, 1)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    accelerated = torch.cuda.is_available()
    where = torch.cuda.get_device_name() if accelerated else f"{torch.get_num_threads()} CPU threads"
    allocated = torch.cuda.max_memory_allocated() if accelerated else 0
    print(json.dumps({"seconds": seconds, "memory": memory, "device": where, "accelerator": allocated}))


if __name__ == "__main__":
    main()
