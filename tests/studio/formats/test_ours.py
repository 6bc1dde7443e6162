"""Our own recipe from a file: complete where its pictures are there, and what is left where they are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.requests import Inpaint, Margins, Outpaint, Sampling, TextToImage
from studio.formats import Carried, read_any
from studio.formats.reading import carried_from
from studio.formats.texts import Texts
from studio.library import Library, Recipe

PHOTO = Image.new("RGB", (24, 16), "teal")
WISH = Inpaint(
    prompt="a tree", negative="fog", image=PHOTO, mask=Image.new("L", (24, 16), 255), sampling=Sampling(seed=4)
)


@pytest.fixture
def edit(library: Library) -> Path:
    return library.save(PHOTO, Recipe(request=WISH, model="meadow", title="Meadow")).path


def test_a_request_comes_with_its_pictures_where_they_are(library: Library, edit: Path) -> None:
    assert read_any(edit, library.picture) == Carried(WISH, (), "Diffusion Studio", "meadow")


def test_without_its_pictures_an_edit_is_what_is_left_of_it(edit: Path) -> None:
    found = read_any(edit)
    assert found.request == TextToImage(prompt="a tree", negative="fog", sampling=Sampling(seed=4))
    (note,) = found.notes
    assert note.startswith("The picture it was made from is not in the library, so its area, blend, feather, fill, ")


def test_margins_are_lost_with_the_picture(library: Library) -> None:
    wish = Outpaint(prompt="x", image=PHOTO, margins=Margins(left=8))
    path = library.save(PHOTO, Recipe(request=wish, model="m", title="M")).path
    assert "margins" in read_any(path).notes[0] and read_any(path).request.task == "text_to_image"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", "[" * 50_000, "{}", '{"request": 5}', '{"request": {"task": "dream"}}',
     '{"request": {"task": "text_to_image", "wings": 2}}',
     '{"request": {"task": "text_to_image", "sampling": {"a": 1}}}'],
)  # fmt: skip
def test_a_recipe_that_cannot_be_read_says_so(text: str) -> None:
    found = carried_from(Texts({"diffusion-studio": text}))
    assert found is not None and found.request == TextToImage()
    assert found.notes[0] == "What Diffusion Studio wrote into the file is damaged and cannot be read."


@pytest.mark.parametrize("key", [5, None, [], "", "../x", "0" * 64])
def test_a_picture_that_nothing_can_be_called_is_missing(library: Library, key: Any) -> None:
    record = {"task": "image_to_image", "prompt": "x", "image": {"sha256": key}}
    found = carried_from(Texts({"diffusion-studio": json.dumps({"request": record})}), library.picture)
    assert found is not None and found.request == TextToImage(prompt="x") and "is not in the library" in found.notes[0]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sha256", "a"]), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_value_of_any_setting_breaks_the_reader(library: Library, data: st.DataObject) -> None:
    record: dict[str, Any] = WISH.to_dict()
    for name in data.draw(st.lists(st.sampled_from(sorted(record)), max_size=3)):
        record[name] = data.draw(ANY)
    texts = Texts({"diffusion-studio": json.dumps({"request": record, "model": data.draw(ANY)})})
    for find in (None, library.picture):
        found = carried_from(texts, find)
        assert found is not None and found.request.to_json() and all(note.endswith(".") for note in found.notes)
