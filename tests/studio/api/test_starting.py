"""What the studio does not begin with: one sentence, and exit code 2."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pipelines.errors import StudioError
from studio import cli
from studio.api.lock import VARIABLE, read_password


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"\xff" * 20, "no UTF-8"), (b"short\n", "5 char"), (b"", "0 char")]
)
def test_a_password_that_cannot_be_used_is_one_sentence_and_exit_code_2(
    tmp_path: Path, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StudioError, match=said) as refusal:
        read_password(file)
    assert cli.main(["--port", "0", "--no-browser", "--password-file", str(file)]) == 2
    assert capsys.readouterr().err == f"{refusal.value}\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.9", "studio.example"])
def test_other_devices_are_not_let_in_without_a_password(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--host", host, "--port", "0", "--no-browser"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "--password-file" in said and VARIABLE in said


def test_a_port_that_another_program_has_is_not_taken_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert cli.main(["--port", str(port), "--no-browser"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and f"Port {port} is taken" in said


def test_with_a_password_it_goes_on_to_what_else_may_be_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "long enough")
    assert cli.main(["--host", "203.0.113.7", "--port", "0", "--no-browser", "--outputs", str(tmp_path)]) == 2
    assert "203.0.113.7 is no address of this machine" in capsys.readouterr().err
