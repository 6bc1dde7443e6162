"""`launch.py` as people meet it: a checkout in a folder with a space, started from elsewhere, on troubled machines.

Most tests put a pip of our own into the checkout's `.venv`: it notes what it was asked for and ends as it is told to.
The last one makes a real `.venv` and asks the real pip.
"""

import ast
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from venv import EnvBuilder

import pytest

import launch

STUDIO = """
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "folder": os.getcwd(), "python": sys.executable}))
sys.exit(7 if "fail" in sys.argv else 0)
"""
PIP = """
import json, os, sys, time

def main(arguments):
    project = arguments[-1].split("[")[0]
    with open(os.path.join(project, "calls"), "a") as calls:
        print(json.dumps(arguments), file=calls)
    print("  Downloading torch-2.13.0-cp311-none-any.whl (900 MB)", os.environ.get("SAYS", ""), sep="\\n", flush=True)
    time.sleep(float(os.environ.get("TAKES", 0)))
    with open(os.path.join(os.path.dirname(__file__), "checkout.pth"), "w") as path:
        print(project, os.environ["TESTS_PACKAGES"], sep="\\n", file=path)
    return int(os.environ.get("ENDS", 0))

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""
MACHINE = """
import runpy, shutil, sys, types
shutil.disk_usage = lambda path: types.SimpleNamespace(free={free})
{first}
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project's outside with a studio of three lines, and a `.venv` whose pip is ours."""
    root = tmp_path / "launch try"
    (root / "studio").mkdir(parents=True)
    (root / "studio" / "__main__.py").write_text(STUDIO)
    for name in ("launch.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(launch.ROOT / name, root / name)
    EnvBuilder(symlinks=os.name != "nt").create(root / ".venv")
    packages = sysconfig.get_path("purelib", "venv", vars={"base": str(root / ".venv")})
    (Path(packages) / "pip.py").write_text(PIP)
    return root


def command(checkout: Path, *arguments: str, first: str = "", free: int = 10**12) -> list[str]:
    """`python launch.py`, on a machine with this much free disk and after these statements."""
    code = MACHINE.format(free=free, first=first)
    return [sys.executable, "-c", code, str(checkout / "launch.py"), *arguments]


def environment(**changes: str) -> dict[str, str]:
    """Ours with these changes; should a real pip be asked by mistake, it finds nothing to install."""
    return os.environ | {"TESTS_PACKAGES": sysconfig.get_path("purelib"), "PIP_NO_INDEX": "1"} | changes


def run(line: list[str], folder: Path | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, cwd=folder, env=environment(**changes), capture_output=True, text=True, timeout=60)


def calls(checkout: Path) -> list[list[str]]:
    file = checkout / "calls"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """What a launch that could not go on says: one sentence with a remedy, and no traceback."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def test_first_launch_installs_and_the_second_does_not(checkout: Path, tmp_path: Path) -> None:
    first = run(command(checkout, "generate", "a red house", "--out", "out dir"), tmp_path)
    assert "Installing" in first.stdout and " torch\n" in first.stdout, "packages are named as they come"
    constraints = str(checkout / "constraints.txt")
    asked = ["install", "--progress-bar", "off", "-c", constraints, "-e", str(checkout)]
    assert calls(checkout) == [asked]
    second = run([sys.executable, str(checkout / "launch.py"), "generate", "a red house", "--out", "out dir"], tmp_path)
    assert calls(checkout) == [asked]
    said = json.loads(second.stdout)
    assert said["arguments"] == ["generate", "a red house", "--out", "out dir"]
    assert said["folder"] == str(tmp_path), "a relative path stays relative to where the user stands"
    assert Path(said["python"]).parent.parent == checkout / ".venv"


def test_a_folder_of_the_users_is_not_taken_for_the_studio(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "__main__.py").write_text("raise SystemExit('not this one')")
    assert run(command(checkout), tmp_path).returncode == 0


def test_exit_codes_pass_through(checkout: Path) -> None:
    assert run(command(checkout, "fail")).returncode == 7
    (checkout / "tests").mkdir()
    (checkout / "tests" / "test_one.py").write_text("def test_bad():\n    assert False\n\ndef test_good():\n    pass\n")
    bad = run(command(checkout, "test", "-q"))
    assert bad.returncode == 1 and "1 failed, 1 passed" in bad.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_another_set_of_packages_is_installed(checkout: Path, name: str) -> None:
    run(command(checkout))
    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    run(command(checkout))
    run(command(checkout))
    assert len(calls(checkout)) == 2


def test_extras_are_added_and_stay(checkout: Path) -> None:
    for arguments in ([], ["test", "--version"], [], ["test", "--version"]):
        assert run(command(checkout, *arguments)).returncode == 0
    assert [call[-1] for call in calls(checkout)] == [str(checkout), f"{checkout}[test]"]


def test_a_failed_installation_is_repeated(checkout: Path) -> None:
    failed = run(command(checkout), SAYS="ERROR: ResolutionImpossible: torch", ENDS="1")
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    assert "ResolutionImpossible: torch" in failed.stderr and str(checkout / ".venv" / "install.log") in failed.stderr
    assert run(command(checkout)).returncode == 0
    assert len(calls(checkout)) == 2


@pytest.mark.skipif(os.name == "nt", reason="sends an interrupt the POSIX way")
def test_an_interrupted_installation_is_repeated(checkout: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(command(checkout), env=environment(TAKES="30"), **pipes) as process:
        assert process.stdout.readline().startswith("Installing")
        assert process.stdout.read(6) == " torch"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr.read().strip().startswith("Interrupted: the next start")
    assert process.returncode == 1
    assert run(command(checkout)).returncode == 0
    assert len(calls(checkout)) == 2


def test_two_launches_at_once_install_once(checkout: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "text": True}
    start = [subprocess.Popen(command(checkout), env=environment(TAKES="0.5"), **pipes) for _ in range(2)]
    said = [process.communicate(timeout=30)[0] for process in start]
    assert [process.returncode for process in start] == [0, 0]
    assert sum("waiting" in each for each in said) == 1
    assert len(calls(checkout)) == 1


def test_an_environment_that_has_the_project_is_used(checkout: Path, tmp_path: Path) -> None:
    record = tmp_path / "site" / "diffusion_studio-0.1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: diffusion-studio\nVersion: 0.1.0\n")
    origin = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
    (record / "direct_url.json").write_text(json.dumps(origin))
    path = os.pathsep.join([str(record.parent), str(checkout)])
    assert json.loads(run(command(checkout), PYTHONPATH=path).stdout)["python"] == sys.executable
    assert not calls(checkout)
    (record / "direct_url.json").write_text(json.dumps(origin | {"url": tmp_path.as_uri()}))
    run(command(checkout), PYTHONPATH=path)
    assert calls(checkout), "another checkout's installation is not ours"


def test_python_too_old(checkout: Path) -> None:
    said = refusal(run(command(checkout, first="sys.version_info = (3, 8, 0)")))
    assert "needs Python 3.11 or newer and this is 3.8" in said and "python3.12 launch.py" in said
    ast.parse(Path(launch.__file__).read_text("utf-8"), feature_version=(3, 6))


def test_no_ensurepip(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    said = refusal(run(command(checkout, first="sys.modules['ensurepip'] = None")))
    assert "apt install python3-venv" in said
    assert not (checkout / ".venv").exists()


def test_disk_full_before(checkout: Path) -> None:
    assert "3 GB" in refusal(run(command(checkout, free=10**9)))
    assert not calls(checkout)


@pytest.mark.parametrize(
    ("pip", "remedy"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "free about 3 GB"),
        ("Could not fetch URL: There was a problem confirming the ssl certificate: SSLError(...)", "global.cert"),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'",
            "check the network",
        ),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "check the network"),
    ],
)
def test_what_pip_says_is_put_in_a_sentence(checkout: Path, pip: str, remedy: str) -> None:
    assert remedy in refusal(run(command(checkout), SAYS=pip, ENDS="1"))


def test_a_folder_that_cannot_be_written(checkout: Path) -> None:
    (checkout / ".venv.lock").mkdir()
    assert ".venv.lock" in refusal(run(command(checkout)))


def test_constraints_pin_every_dependency_for_every_machine() -> None:
    lines = (launch.ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert not [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)], "no address, no path, no local build"
    project = tomllib.loads((launch.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = {re.split(r"[<>=]", each)[0] for each in (*project["dependencies"], *extras["test"], *extras["dev"])}
    assert asked - {"diffusion-studio[test]"} <= {pin.split("==")[0] for pin in pins}


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    line = [sys.executable, "-X", "importtime", "-m", "studio", "--help"]
    done = run(line, tmp_path, PYTHONPATH=str(launch.ROOT))
    imported = {each.rpartition("|")[2].strip() for each in done.stderr.splitlines()}
    assert done.returncode == 0, done.stderr
    assert "studio.cli" in imported
    assert not imported & {"torch", "gradio", "diffusers", "transformers", "numpy"}


def test_no_network(checkout: Path) -> None:
    """The real thing: a `.venv` without its Python is made anew, and the real pip finds no index."""
    python = checkout / launch.PYTHON.relative_to(launch.ROOT)
    for each in python.parent.glob("python*"):
        each.unlink()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        index = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
    pip = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_RETRIES": "0",
        "PIP_NO_INDEX": "0",
    }
    assert "check the network" in refusal(run(command(checkout), PIP_INDEX_URL=index, **pip))
    assert python.exists() and (checkout / ".venv" / "install.log").exists()
