"""What this machine can compute on."""

from __future__ import annotations

import platform

import torch


def list_devices() -> dict[str, str]:
    """The devices that ``loading.load`` takes, each with what it is."""
    devices = {"cpu": f"{platform.machine()}, {torch.get_num_threads()} threads"}
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        devices[f"cuda:{index}"] = f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB"
    if torch.backends.mps.is_available():
        devices["mps"] = "Apple GPU"
    return devices
