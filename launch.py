"""One command: make the environment if it is missing, then start the studio.

    python launch.py [options]         the studio and its command line (`studio.cli`)
    python launch.py test [options]    the test suite (pytest, run from this folder)

Where the project is already installed in the running Python, that environment is used as it is. Everywhere else its
packages go into `.venv` beside this file, with pip as you have configured it, and a stamp there saves the next install.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - so this file must parse in Python 3.6
    sys.exit(
        f"Diffusion Studio needs Python 3.11 or newer and this is {sys.version_info[0]}.{sys.version_info[1]}: "
        "install a newer one and start it by its name, for example `python3.12 launch.py`."
    )

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
STAMP = VENV / "installed.json"
LOG = VENV / "install.log"
LOCK = ROOT / ".venv.lock"  # beside .venv, not in it: a broken .venv is emptied while the lock is held

NO_VENV = "This Python cannot make virtual environments: add that part (Debian, Ubuntu: `apt install python3-venv`)."
NO_SPACE = "The disk is full: free about 3 GB (here and in the folder for temporary files) and start again."
NO_TRUST = "The package index's certificate is not trusted: name your network's own in `pip config set global.cert`."
NO_NETWORK = "The package index cannot be reached and the first start needs it: check the network and pip's settings."
CAUSES = {  # what the output of a failed step says: what it means; the first match wins
    r"No space left on device|Errno 28\b|not enough space on the disk": NO_SPACE,
    r"CERTIFICATE_VERIFY_FAILED|SSLError": NO_TRUST,
    r"NewConnectionError|new connection|Max retries exceeded|ConnectTimeout|ReadTimeout|ConnectionReset|ProxyError"
    r"|name resolution|getaddrinfo|unreachable|refused|setuptools\S* \(from versions: none\)": NO_NETWORK,
}
WHOLE = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]  # pytest's: all tests, on several cores
PACKAGE = r"\s*(?:Downloading|Using cached|Processing) (?:.*/)?([\w.]+?)-\d[^ ]*\.whl(?: |$)"  # a line of pip's


def main(arguments: list[str]) -> int:
    """Run the studio, or the tests, in an environment that has what they need."""
    testing = arguments[:1] == ["test"]
    extras = {"test"} if testing else set()
    here = installed_here()
    if not here and not satisfied(extras):
        prepare(extras)
    elif here and testing and not find_spec("pytest"):
        sys.exit("pytest is missing from this environment: `python -m pip install -e '.[test]'` adds it.")
    if testing:
        os.chdir(ROOT)
    command = ["pytest", *(arguments[1:] or WHOLE)] if testing else ["studio", *arguments]
    return become([sys.executable if here else str(PYTHON), "-P", "-m", *command])  # -P: no `studio` of the user's


def installed_here() -> bool:
    """Tell whether the running Python has this very checkout installed, by another hand than this file's."""
    if Path(sys.prefix) == VENV:
        return False
    records = (found.read_text("direct_url.json") for found in distributions(name="diffusion-studio"))
    origins = [json.loads(record) for record in records if record]
    return any(origin["url"] == ROOT.as_uri() and origin.get("dir_info", {}).get("editable") for origin in origins)


def become(command: list[str]) -> int:
    """Turn this process into the command; where the system cannot, run it and return its exit code."""
    if sys.platform != "win32":
        os.execv(command[0], command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the command heard it too, and is closing
            pass


def prepare(extras: set[str]) -> None:
    """Make `.venv` hold the pinned packages and these extras, or end with one sentence that says why not."""
    try:
        with LOCK.open("a") as lock:
            wait_for(lock)
            if not satisfied(extras):  # another launch may just have done it
                install(extras | set(stamped().get("extras", [])))
    except OSError as error:
        sys.exit(NO_SPACE if error.errno == errno.ENOSPC else f"The environment {VENV} cannot be made: {error}.")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted: the next start takes the installation up again.")


def satisfied(extras: set[str]) -> bool:
    """Tell whether the last complete installation was of today's files and had these extras."""
    stamp = stamped()
    return PYTHON.exists() and stamp.get("inputs") == inputs() and extras <= set(stamp["extras"])


def stamped() -> dict[str, Any]:
    """Read what the last complete installation wrote down; nothing, where there was none."""
    try:
        return dict(json.loads(STAMP.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def inputs() -> str:
    """Hash everything that decides what an installation would do, the Python behind `.venv` included."""
    files = (ROOT / "pyproject.toml", ROOT / "constraints.txt", VENV / "pyvenv.cfg")
    parts = [path.read_bytes() if path.exists() else b"" for path in files]
    parts += [os.fsencode(ROOT), os.fsencode(os.path.realpath(PYTHON))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def wait_for(lock: IO[str]) -> None:
    """Take the lock, waiting if need be; the system drops it with the process, so a crash leaves none behind."""
    if not taken(lock):
        print("Another launch is installing; waiting for it to finish ...", flush=True)
        while not taken(lock):
            time.sleep(0.5)


def taken(lock: IO[str]) -> bool:
    """Try to take the lock; False while another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def install(extras: set[str]) -> None:
    """Install the project and its extras into `.venv`, and write the stamp once all of it is there."""
    if not stamped() and shutil.disk_usage(ROOT).free < 3 * 10**9:
        sys.exit(NO_SPACE)
    make_venv()
    print("Installing PyTorch, diffusers, Gradio ... (a few minutes the first time)", flush=True)
    STAMP.unlink(missing_ok=True)  # from here on what it says is no longer sure
    project = f"{ROOT}[{','.join(sorted(extras))}]" if extras else str(ROOT)
    run_pip("install", "--progress-bar", "off", "-c", str(ROOT / "constraints.txt"), "-e", project)
    STAMP.write_text(json.dumps({"inputs": inputs(), "extras": sorted(extras)}), "utf-8")


def make_venv() -> None:
    """Create `.venv`, or mend it where its Python or its pip does not answer."""
    if answers("import pip"):
        return
    if not find_spec("ensurepip") or not find_spec("venv"):
        sys.exit(NO_VENV)
    from venv import EnvBuilder

    broken = not answers("import sys; assert sys.version_info >= (3, 11)")
    try:
        EnvBuilder(with_pip=True, symlinks=sys.platform != "win32", clear=broken).create(VENV)
    except subprocess.CalledProcessError as error:
        said = (error.output or b"").decode(errors="replace").strip()
        sys.exit(meaning(said) or f"The environment {VENV} cannot be made: {said or error}")


def answers(code: str) -> bool:
    """Tell whether `.venv` has a Python that runs this without complaint."""
    return PYTHON.exists() and subprocess.run([PYTHON, "-P", "-c", code], capture_output=True).returncode == 0


def run_pip(*arguments: str) -> None:
    """Run pip, naming the packages as they come; the whole of its output goes to the log."""
    command = [str(PYTHON), "-P", "-m", "pip", *arguments]
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    with pip, LOG.open("w", encoding="utf-8") as log:
        for line in pip.stdout or ():
            log.write(line)
            for name in re.findall(PACKAGE, line):
                print(f" {name}", end="", flush=True)
            if line.startswith("Installing collected packages"):
                print("\n unpacking ...", end="", flush=True)
    print(flush=True)
    if pip.returncode:
        last = "\n".join(LOG.read_text("utf-8").splitlines()[-20:])
        sys.exit(meaning(last) or f"pip could not install the packages and ended with\n{last}\nAll of it: {LOG}")


def meaning(output: str) -> str | None:
    """Find the sentence for what went wrong in the output of a failed step."""
    return next((sentence for pattern, sentence in CAUSES.items() if re.search(pattern, output)), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
