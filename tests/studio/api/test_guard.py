"""Who may knock."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from studio.api import Guard


def client(host: str = "127.0.0.1") -> TestClient:
    app = FastAPI()
    app.add_api_route("/", lambda: "in", methods=["GET", "POST", "PUT", "DELETE"])

    @app.websocket("/socket")
    async def socket(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    return TestClient(Guard(app, host), base_url="http://127.0.0.1:7860")


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
    assert everywhere.get("/", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:7860"}, 200),
        ({"Origin": "http://127.0.0.1:7860", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "http://localhost:7860"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_what_changes_something_comes_from_here(method: str, headers: dict[str, str], status: int) -> None:
    assert client().request(method, "/", headers=headers).status_code == status
    assert client().get("/", headers=headers).status_code == 200


def test_every_answer_has_the_headers() -> None:
    for headers in ({}, {"Host": "evil.example"}):
        answer = client().get("/", headers=headers)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_sockets_are_guarded_too() -> None:
    with client().websocket_connect("ws://127.0.0.1:7860/socket"):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        client().websocket_connect("ws://127.0.0.1:7860/socket", headers={"Origin": "http://evil.example"}),
    ):
        pass
