"""What is no safetensors file, or a damaged one: one sentence each, at once, and nothing is executed."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from pipelines.errors import ModelError
from pipelines.sources.header import LONGEST, read_header
from pipelines.sources.identify import contents, identify

GOOD = save({"a": torch.zeros(2, 3), "b": torch.zeros(4, dtype=torch.float16)}, metadata={"note": "x"})


def written(header: object, numbers: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


def entry(dtype: object = "F32", shape: object = (1,), offsets: object = (0, 4)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def zipped(size: int) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * size)
    return memory.getvalue()


CASES = {
    "nothing": (b"", "is empty"),
    "a pickle": (pickle.dumps({"state_dict": {}}, protocol=2), "is a Python pickle"),
    "an old pickle": (pickle.dumps([], protocol=0), "is no safetensors file"),
    "a zip bomb": (zipped(50_000_000), "is a zip archive"),
    "a web page": (b"\n<!DOCTYPE html><html>sign in</html>", "is a web page"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "only points at a file in Git LFS"),
    "GGUF of a later version": (b"GGUF\x09\0\0\0" + bytes(64), "one of a kind not known here (its version is 9)"),
    "GGUF without an end": (b"GGUF\x03\0\0\0\x01" + bytes(15) + b"\xff" * 9, "has a damaged header"),
    "gzip": (gzip.compress(GOOD), "is a compressed archive"),
    "noise": (bytes(range(1, 200)), "is no safetensors file"),
    "a short file": (b"\x10", "is no safetensors file"),
    "cut off in its header": (GOOD[:40], "is cut off within its header, after 40 bytes"),
    "cut off in its numbers": (GOOD[:-1], f"is cut off: it should have {len(GOOD)} bytes, but has {len(GOOD) - 1}"),
    "too long": (GOOD + b"!", "has something behind its end"),
    "an endless header": ((LONGEST + 1).to_bytes(8, "little") + b"{", "is no safetensors file"),
    "no JSON": (written(b"{nonsense"), "has a damaged header"),
    "deep JSON": (written(b'{"a":' + b"[" * 100_000), "has a damaged header"),
    "bad letters": (written(b'{"\xff": 1}'), "has a damaged header"),
    "no entry": (written({"a": 3}), "it is no list of tensors"),
    "no type": (written({"a": entry("F31")}, bytes(4)), "'a' has numbers of an unknown type"),
    "a list as type": (written({"a": entry(["F32"])}, bytes(4)), "has a damaged header"),
    "less than nothing": (written({"a": entry(shape=(-1, -1))}, bytes(4)), "'a' has no whole sizes"),
    "half a row": (written({"a": entry(shape=(1.0,))}, bytes(4)), "'a' has no whole sizes"),
    "another shape": (written({"a": entry(shape=(2,))}, bytes(4)), "'a' has not as many bytes"),
    "backwards": (written({"a": entry(shape=(0,), offsets=(4, 0))}), "'a' has not as many bytes"),
    "half an offset": (written({"a": entry(offsets=(0, 4.0))}, bytes(4)), "'a' has not as many bytes"),
    "an overlap": (written({"a": entry(), "b": entry()}, bytes(4)), "its tensors overlap"),
    "a gap": (written({"a": entry(offsets=(4, 8))}, bytes(8)), "its tensors overlap, or leave gaps"),
    "odd notes": (written({"__metadata__": [1]}), "has a damaged header"),
}


@pytest.mark.parametrize("name", CASES)
def test_everything_else_has_its_sentence(tmp_path: Path, name: str) -> None:
    content, reason = CASES[name]
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelError) as refusal:
        identify(file)
    assert reason in str(refusal.value)
    assert str(refusal.value).startswith(str(file))
    assert "\n" not in str(refusal.value)


def test_a_pickle_is_known_by_its_content_and_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "exploded",)

    torch.save({"state_dict": Bomb()}, tmp_path / "model.safetensors")
    torch.save({"state_dict": Bomb()}, tmp_path / "old.safetensors", _use_new_zipfile_serialization=False)
    for name in ("model", "old"):
        with pytest.raises(ModelError, match="could run programs when it is opened"):
            identify(tmp_path / f"{name}.safetensors")
    assert not (tmp_path / "exploded").exists()


def test_a_good_file_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("model.safetensors", "model.ckpt", "pickle.pt"):
        (tmp_path / name).write_bytes(GOOD)
        header = read_header(tmp_path / name)
        assert header.metadata == {"note": "x"}
        assert {key: (tensor.dtype, tensor.shape) for key, tensor in header.tensors.items()} == {
            "a": ("F32", (2, 3)),
            "b": ("F16", (4,)),
        }


def test_a_header_whose_length_looks_like_a_pickle(tmp_path: Path) -> None:
    """The eight bytes of the length may begin like anything else."""
    room = 0
    while True:
        save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", metadata={"note": " " * room})
        if (tmp_path / "a.safetensors").read_bytes()[:1] == b"\x80":
            break
        room += 1
    assert read_header(tmp_path / "a.safetensors").shape("a") == (1,)


def test_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.safetensors"):
        with pytest.raises(ModelError, match="There is no file"):
            read_header(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 40))
@example(b"\x80", 0, 1)
def test_no_damage_is_a_crash(tmp_path: Path, noise: bytes, at: int, dropped: int) -> None:
    file = tmp_path / "fuzzed.safetensors"
    file.write_bytes(GOOD[:at] + noise + GOOD[at + dropped :])
    try:
        identify(file)
    except ModelError as error:
        assert "\n" not in str(error)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
SHAPES = st.lists(st.integers(0, 3), max_size=4)
ENTRIES = st.fixed_dictionaries({"dtype": st.sampled_from(["F32", "F16"]) | VALUES, "shape": SHAPES | VALUES}) | VALUES
NAMES = st.sampled_from(
    [
        "__metadata__",
        "model.diffusion_model.input_blocks.0.0.weight",
        "model.diffusion_model.label_emb.0.0.weight",
        "double_blocks.0.img_attn.norm.key_norm.scale",
        "img_in.weight",
        "emb_params",
        "x.lora_down.weight",
        "attn2_to_k.lora_down.weight",
        "decoder.conv_in.weight",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES | st.text(max_size=8), ENTRIES, max_size=5))
def test_no_header_is_a_crash(tmp_path: Path, header: dict[str, object]) -> None:
    file = tmp_path / "fuzzed.safetensors"
    file.write_bytes(written(header))
    try:
        identify(file)
    except ModelError as error:
        assert "\n" not in str(error)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES.filter(lambda name: name[0] != "_"), SHAPES, max_size=6))
def test_no_shape_is_a_crash(tmp_path: Path, shapes: dict[str, list[int]]) -> None:
    """Good files with names that are known, and shapes that never were."""
    save_file({name: torch.zeros(shape) for name, shape in shapes.items()}, tmp_path / "odd.safetensors")
    assert contents(read_header(tmp_path / "odd.safetensors")).kind.name


def test_looking_at_files_needs_no_torch() -> None:
    code = "import pipelines.sources.identify, pipelines.sources.vocabulary, sys; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
