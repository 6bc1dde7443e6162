"""Who may knock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from studio.api import Guard, Lock, guard
from studio.api.hosts import is_loopback


def client(host: str = "127.0.0.1", names: tuple[str, ...] = (), lock: Lock | None = None) -> TestClient:
    app = FastAPI()
    app.add_api_route("/", lambda: "in", methods=["GET", "POST", "PUT", "DELETE"])

    @app.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    @app.websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    return TestClient(Guard(app, host, names, lock), base_url="http://127.0.0.1:7860")


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "LocalHost:1", "[::1]:7860", "localhost.:80"])
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert client().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil@127.0.0.1.example", "", "192.168.1.9", "[::1", "localhost@x"],
)
def test_other_names_are_not(host: str) -> None:
    answer = client().get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["message"].endswith(".")


def test_an_address_that_it_is_bound_to_is_answered_and_a_wildcard_answers_all_addresses_but_no_names() -> None:
    assert client("192.168.1.9").get("/", headers={"Host": "192.168.1.9:80"}).status_code == 200
    everywhere = client("0.0.0.0")
    assert everywhere.get("/", headers={"Host": "10.0.0.7:7860"}).status_code == 200
    assert everywhere.get("/", headers={"Host": "[fe80::7]:7860"}).status_code == 200
    assert everywhere.get("/", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("name", ["Studio.example", "studio.example:443"])
def test_names_that_were_allowed_are_answered(name: str) -> None:
    named = client(names=(name,))
    assert named.get("/", headers={"Host": "studio.example"}).status_code == 200
    assert named.get("/", headers={"Host": "studio.example:7860"}).status_code == 200
    assert named.get("/", headers={"Host": "other.studio.example"}).status_code == 421


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("LOCALHOST", True)]
    + [(host, False) for host in ("", "0.0.0.0", "::", "10.0.0.7", "fe80::7", "studio.example", "127.0.0.1.example")],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, only_here: bool) -> None:
    assert is_loopback(host) is only_here


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:7860"}, 200),
        ({"Origin": "http://127.0.0.1:7860", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "http://localhost:7860"}, 403),
        ({"Origin": "http://127.0.0.1:7860", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
    ],
)
def test_another_websites_page_may_neither_do_nor_see_anything(
    method: str, headers: dict[str, str], status: int
) -> None:
    assert client().request(method, "/", headers=headers).status_code == status


def test_a_link_from_elsewhere_may_be_followed_but_a_form_there_may_not_be_sent() -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client().get("/", headers=headers).status_code == 200
    assert client().post("/", headers=headers).status_code == 403


def test_every_answer_has_the_headers() -> None:
    for headers in ({}, {"Host": "evil.example"}, {"Origin": "null"}):
        answer = client().get("/", headers=headers)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy


def test_sockets_are_guarded_too() -> None:
    with client().websocket_connect("ws://127.0.0.1:7860/socket"):
        pass
    refused = ((client(), {"Origin": "http://evil.example"}), (client(), {"Host": "evil.example"}))
    for knocking, headers in (*refused, (client(lock=Lock("open sesame")), {})):
        with pytest.raises(WebSocketDisconnect), knocking.websocket_connect("/socket", headers=headers):
            pass


def test_a_body_ends_at_the_cap_whether_its_length_is_said_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_BYTES", 3 * 2**20)
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(5):
            sent += 1
            yield b"x" * 2**20

    assert client().post("/length", content=b"x" * 3 * 2**20).json() == 3 * 2**20
    for content in (b"x" * (3 * 2**20 + 1), parts()):
        answer = client().post("/length", content=content)
        assert answer.status_code == 413
        assert answer.json() == {"message": "More than 3 MB were sent: send less at once."}


def test_a_route_that_breaks_after_the_cap_is_no_error_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_BYTES", 10)

    async def breaks(scope: object, receive: object, send: object) -> None:
        while (await receive())["type"] != "http.disconnect":  # type: ignore[operator]
            pass
        raise RuntimeError("the sender has gone")

    answer = TestClient(Guard(breaks), base_url="http://localhost").post("/", content=iter([b"x" * 6] * 3))
    assert answer.status_code == 413
