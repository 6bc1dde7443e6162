"""Several pictures of one click: each is asked for by itself, and what cannot be done of them is said."""

from __future__ import annotations

from typing import Any

import gradio
import pytest

from pipelines.errors import InvalidRequest
from studio.ui.batch import MOST, each

EASEL, PROMPT = gradio.HTML(), gradio.Textbox()


def asked(value: Any, refusals: dict[str, str] | None = None) -> tuple[dict[str, Any], list[Any]]:
    """What the live view is told, and what the canvas named for each request."""
    seen: list[Any] = []

    def submit(values: Any) -> dict[str, Any]:
        assert values[PROMPT] == "a house"
        seen.append(values[EASEL])
        why = (refusals or {}).get(values[EASEL].get("picture", ""))
        return {"refusal": why, "turn": 1} if why else {"job": f"job-{len(seen)}", "notes": ["as always"]}

    return each({EASEL: value, PROMPT: "a house"}, EASEL, submit), seen


def rows(*pictures: str) -> dict[str, Any]:
    return {"several": [{"name": f"{name}.png", "picture": name, "mask": None} for name in pictures]}


def test_one_picture_is_one_job() -> None:
    one = {"picture": "a", "mask": "b"}
    assert asked(one) == ({"job": "job-1", "notes": ["as always"]}, [one])


def test_several_are_a_job_each_and_what_is_refused_is_said_by_its_name() -> None:
    value, seen = asked(rows("a", "b", "c"), {"b": "It is gone."})
    assert [each["picture"] for each in seen] == ["a", "b", "c"]
    assert value == {"job": "job-3", "notes": ["as always", "b.png: It is gone."]}


def test_where_none_can_be_done_the_reasons_are_the_answer() -> None:
    names = [str(number) for number in range(7)]
    value, _ = asked(rows(*names), dict.fromkeys(names, "It is gone."))
    assert value["refusal"].count("It is gone.") == 5
    assert value["refusal"].endswith("And 2 more could not be worked on.")


@pytest.mark.parametrize("several", ["x", [], [1], [{}] * (MOST + 1)])
def test_what_no_canvas_would_say_is_refused(several: Any) -> None:
    with pytest.raises(InvalidRequest, match="pictures"):
        asked({"several": several})
