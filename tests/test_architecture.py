"""Who may import whom, and how long a file or a function may be: the design page, kept by a test."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.families import FAMILIES

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ("accelerate", "diffusers", "transformers")
ADAPTERS = (
    "pipelines/decoding/anatomy.py",
    "pipelines/families/",
    "pipelines/sources/",
    "pipelines/loading.py",
    "pipelines/attending.py",
    "pipelines/attention.py",
    "pipelines/offloading.py",
    "pipelines/memory.py",
    "pipelines/tokenizer.py",
)


def sources(*places: str) -> list[Path]:
    """The Python files in these places, each a file or a folder that may not exist yet."""
    return [file for place in places for file in [ROOT / place, *(ROOT / place).rglob("*.py")] if file.is_file()]


def imports(file: Path) -> set[str]:
    """Every module that a file names in an import, wherever it stands in it; `from a import b` names a and a.b."""
    package = file.relative_to(ROOT).parent.parts
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def offenders(files: list[Path], *packages: str, but: tuple[str, ...] = ()) -> list[str]:
    """The imports of these packages in these files, the files that may have them left out."""
    named = [(file.relative_to(ROOT).as_posix(), module) for file in files for module in sorted(imports(file))]
    return [f"{name}: {module}" for name, module in named if within(module, *packages) and not name.startswith(but)]


def test_the_engine_knows_torch_and_nothing_else() -> None:
    allowed = (*sys.stdlib_module_names, "torch", "pipelines.engine")
    named = {(file.name, module) for file in sources("pipelines/engine") for module in imports(file)}
    assert not {each for each in named if each[1] != "pipelines" and not within(each[1], *allowed)}


def test_the_model_library_stays_behind_the_adapters() -> None:
    assert not offenders(sources("launch.py", "pipelines", "studio"), *LIBRARY, but=ADAPTERS)


def test_families_do_not_know_each_other() -> None:
    for family in set(FAMILIES.values()):
        file = ROOT / f"{family.replace('.', '/')}.py"
        assert not offenders([file], *(set(FAMILIES.values()) - {family}))


def test_the_library_does_not_know_the_studio() -> None:
    assert not offenders(sources("pipelines"), "studio", "launch", "gradio", "fastapi", "sqlite3")


def test_gradio_stays_in_the_page() -> None:
    everything = sources("launch.py", "pipelines", "studio", "training")
    assert not offenders(everything, "gradio", but=("studio/ui/", "studio/app.py"))


def test_the_web_process_does_not_know_torch() -> None:
    assert not offenders(sources("studio"), "torch", but=("studio/workers/child",))


def test_launch_needs_the_standard_library_only() -> None:
    assert not {module for module in imports(ROOT / "launch.py") if not within(module, *sys.stdlib_module_names)}


@pytest.mark.parametrize("module", ["pipelines.requests", "studio.cli", "studio.settings"])
def test_what_starts_quickly_imports_nothing_heavy(module: str) -> None:
    code = f"import {module}, sys; print({{'torch', 'gradio', 'diffusers', 'transformers'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with its number of lines."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{file.relative_to(ROOT)}: {node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_files_and_functions_stay_small() -> None:
    files = sources("launch.py", "pipelines", "studio", "training", "benchmarks")
    lines = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}
    assert not {name: count for name, count in lines.items() if count > 300}
    assert not {name: count for file in files for name, count in functions(file) if count > 60}
