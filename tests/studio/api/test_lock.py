"""The password in front of everything."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from studio.api import Guard, Lock
from studio.api.delays import Delays
from studio.api.lock import VARIABLE, read_password

PASSWORD = "sésame, ouvre-toi"


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def knock(clock: Clock | None = None, url: str = "http://127.0.0.1:7860") -> TestClient:
    app = FastAPI()
    app.add_api_route("/", lambda: "in", methods=["GET", "POST"])
    app.add_api_route("/api/status", lambda: "well")
    lock = Lock(PASSWORD, Delays(clock) if clock else None)
    return TestClient(Guard(app, "127.0.0.1", (), lock), base_url=url, follow_redirects=False)


def bearer(password: str) -> dict[str, bytes]:
    return {"Authorization": b"Bearer " + password.encode()}


def test_without_it_a_browser_gets_a_page_to_sign_in_and_a_program_a_sentence() -> None:
    page = knock().get("/")
    assert (page.status_code, page.headers["Cache-Control"]) == (401, "no-store")
    assert '<form method="post" action="login">' in page.text and "{message}" not in page.text
    answer = knock().get("/api/status")
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["message"].endswith("Authorization: Bearer.")


def test_signing_in_gives_a_cookie_that_opens_everything() -> None:
    client = knock()
    answer = client.post("/login", data={"password": PASSWORD}, headers={"Origin": "http://127.0.0.1:7860"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "./")
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert (cookie["samesite"], cookie["httponly"], cookie["path"], cookie["secure"]) == ("strict", True, "/", "")
    assert PASSWORD not in cookie.value and len(cookie.value) >= 43  # 256 bits
    assert client.get("/").json() == "in" and client.get("/api/status").json() == "well"
    assert knock().get("/", cookies={cookie.key: cookie.value}).status_code == 401  # a restart ends it
    assert knock().get("/", cookies={cookie.key: ""}).status_code == 401


def test_over_https_the_cookie_is_for_https_only() -> None:
    answer = knock(url="https://127.0.0.1:7860").post("/login", data={"password": PASSWORD})
    assert "secure" in answer.headers["Set-Cookie"].lower()


def test_another_website_can_not_sign_anybody_in() -> None:
    answer = knock().post("/login", data={"password": PASSWORD}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


def test_programs_send_it_with_each_request() -> None:
    client = knock()
    assert client.get("/api/status", headers=bearer(PASSWORD)).json() == "well"
    assert "Set-Cookie" not in client.get("/", headers=bearer(PASSWORD)).headers
    assert client.get("/api/status").status_code == 401


@pytest.mark.parametrize("wrong", ["", "open", PASSWORD + "!", PASSWORD[:-1], PASSWORD.upper()])
def test_a_wrong_one_opens_nothing(wrong: str) -> None:
    answer = knock().post("/login", data={"password": wrong})
    assert answer.status_code == 401 and "Set-Cookie" not in answer.headers and "not the password" in answer.text
    assert knock().get("/api/status", headers=bearer(wrong)).json() == {"message": "This is not the password."}


@pytest.mark.parametrize("body", [b"", b"password", b"\xff\xfe", b"password=" + b"x" * 10_000, b"a=1&" * 2000])
def test_what_is_no_form_is_a_wrong_password(body: bytes) -> None:
    assert knock().post("/login", content=body).status_code == 401


def test_each_wrong_guess_doubles_the_wait_and_a_right_one_ends_it() -> None:
    clock = Clock()
    client = knock(clock)
    for wait in (1, 2, 4, 8):
        assert client.get("/api/status", headers=bearer("wrong")).status_code == 401
        early = client.get("/api/status", headers=bearer(PASSWORD))  # not even looked at
        assert (early.status_code, early.headers["Retry-After"]) == (429, str(wait))
        assert client.post("/login", data={"password": PASSWORD}).status_code == 429
        clock.now += wait
    assert client.get("/api/status", headers=bearer(PASSWORD)).status_code == 200
    assert client.get("/api/status", headers=bearer("wrong")).status_code == 401
    assert client.get("/api/status", headers=bearer("wrong")).headers["Retry-After"] == "1"


def test_whoever_has_signed_in_is_not_held_up_by_guesses() -> None:
    client = knock()
    client.post("/login", data={"password": PASSWORD})
    client.post("/login", data={"password": "wrong"})
    assert client.get("/").status_code == 200


def test_delays_are_each_addresss_own_and_an_ipv6_network_is_one() -> None:
    clock = Clock()
    delays = Delays(clock)
    for address in ("10.0.0.1", "2001:db8::1", "nobody"):
        delays.failed(address)
    assert [delays.left(each) for each in ("10.0.0.1", "10.0.0.2", "nobody", "")] == [1, 0, 1, 0]
    assert [delays.left(each) for each in ("2001:db8::ffff", "2001:db8:0:1::1")] == [1, 0]


def test_delays_end_at_ten_minutes_and_remember_so_many_addresses_only() -> None:
    delays = Delays(Clock())
    for _ in range(2000):
        delays.failed("10.0.0.1")
    assert delays.left("10.0.0.1") == 600
    for index in range(5000):
        delays.failed(f"{index}")
    assert delays.left("10.0.0.1") == 0 and delays.left("4999") == 1


def test_it_comes_from_a_file_or_the_environment_which_forgets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", "utf-8")
    assert read_password(None) is None
    for chosen, read in ((None, "from outside"), (file, PASSWORD)):
        monkeypatch.setenv(VARIABLE, "from outside")
        assert read_password(chosen) == read
        assert read_password(None) is None  # the engine's process would inherit it
