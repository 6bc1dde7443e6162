"""A project: the desk and every picture that it names, in one ZIP file that any program can look into.

    project.json           {"format": "diffusion-studio project", "version": 1, "values": {…}}
    pictures/<file name>   results and inputs, under the names that they have in the library

Opening one adds its pictures to the library, where they have the same ids as before, so that what the desk says of them
holds.  Whatever is in such a file is checked as if a stranger had made it.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pipelines.errors import UnreadableImage
from pipelines.pictures import picture_key
from studio.desk.desk import MOST_BYTES, checked
from studio.library import Library, open_mask, open_picture
from studio.library.door import MOST_BYTES as MOST_PICTURE
from studio.library.files import write_whole
from studio.library.library import INPUT_ID, RESULT_ID

if TYPE_CHECKING:
    from PIL.Image import Image

FORMAT = "diffusion-studio project"
VERSION = 1
STATE = "project.json"
FOLDER = "pictures/"
ID = re.compile(rf"{INPUT_ID.pattern}|{RESULT_ID.pattern}")
RESULT = re.compile(rf"[\w.-]{{1,200}}_({RESULT_ID.pattern})\.png")
INPUT = re.compile(rf"({INPUT_ID.pattern})\.png")
MOST_PICTURES = 2000


def pack(values: dict[str, Any], library: Library, target: IO[bytes]) -> None:
    """Write a project; pictures that are compressed already are only stored."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        state = {"format": FORMAT, "version": VERSION, "values": values}
        archive.writestr(STATE, json.dumps(state), zipfile.ZIP_DEFLATED)
        for id in dict.fromkeys(_named(values)):
            path = library.path_of(id)
            if path is not None:
                archive.write(path, FOLDER + path.name)


def unpack(file: IO[bytes], library: Library) -> dict[str, Any]:
    """The values of a project, whose pictures are in the library when this returns.

    UnreadableImage where the file is no project, damaged, or more than it may be; pictures added by then stay.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            values = _state(archive)
            pictures = [each for each in archive.infolist() if each.filename.startswith(FOLDER) and not each.is_dir()]
            if len(pictures) > MOST_PICTURES:
                raise UnreadableImage(f"The project holds {len(pictures)} pictures; {MOST_PICTURES} are the most.")
            for each in pictures:
                _add(each.filename.removeprefix(FOLDER), _bytes(archive, each, MOST_PICTURE), library)
            return values
    except UnreadableImage:
        raise
    except Exception as error:  # zipfile raises half a dozen unrelated kinds for damaged files
        raise UnreadableImage("This is no project that can be read: choose a file that the studio saved.") from error


def _state(archive: zipfile.ZipFile) -> dict[str, Any]:
    state = json.loads(_bytes(archive, archive.getinfo(STATE), MOST_BYTES))
    if state["format"] != FORMAT or not isinstance(state["version"], int):
        raise ValueError("another format")
    if state["version"] > VERSION:
        raise UnreadableImage("The project was saved by a newer studio: open it there, or update this one.")
    return checked(state["values"])


def _bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """One file of the archive, whatever its head claims: no more than ``most`` is ever unpacked."""
    with archive.open(entry) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise UnreadableImage(f"{entry.filename} in the project is larger than {most // 2**20} MB.")
    return data


def _add(name: str, data: bytes, library: Library) -> None:
    """Take a picture into the library under the id that it had."""
    result, input = RESULT.fullmatch(name), INPUT.fullmatch(name)
    if not (result or input) or Path(name).name != name:
        raise UnreadableImage(f"The project holds a file {name!r}, which is no picture of a library.")
    picture = open_picture(data)
    if input:
        library.keep(_known(name, input[1], picture, open_mask(data)))
    elif result and library.path_of(result[1]) is None:
        write_whole(library.outputs / name, data)


def _known(name: str, key: str, *readings: Image) -> Image:
    """The reading of an input's file that has the pixels which it is called by: a picture, or a mask."""
    found = next((each for each in readings if picture_key(each) == key), None)
    if found is None:
        raise UnreadableImage(f"The picture {name} in the project is not the one that it was: it is damaged.")
    return found


def _named(value: Any) -> Iterator[str]:
    """Every id of a picture that stands anywhere in the values."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str) and ID.fullmatch(each):
            yield each
