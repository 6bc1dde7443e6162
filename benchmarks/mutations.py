"""Sound pictures, and ways to damage them that know what a file is made of."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Mutation = Callable[[bytearray, random.Random], bytearray]

SIDE = 24
INTERESTING = (0, 1, 2, 7, 127, 128, 255, 256, 4095, 4096, 4097, 16384, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1)


def sound_pictures() -> list[bytes]:
    """Small files of every kind that the door knows: colours, depths, text, EXIF, profiles, frames, scans."""
    colours = Image.fromarray(np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8), "RGBA")
    deep = Image.fromarray(np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE) * 97)
    text = PngInfo()
    text.add_text("parameters", "a red house " * 20, zip=True)
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a house"
    others = [colours.rotate(90 * turn) for turn in (1, 2)]
    plain = colours.convert("RGB")
    pngs = [colours, plain, colours.convert("L"), colours.convert("LA"), plain.convert("P"), plain.convert("1"), deep]
    return [
        *(_file(each, "PNG", pnginfo=text, exif=exif) for each in pngs),
        _file(plain, "PNG", save_all=True, append_images=others),
        _file(plain, "PNG", transparency=(1, 2, 3), icc_profile=b"profile" * 20),
        _deep_png(),
        _file(plain, "JPEG", exif=exif, icc_profile=b"profile" * 20),
        _file(plain, "JPEG", progressive=True, comment=b"a house"),
        _file(plain.convert("L"), "JPEG"),
        _file(plain.convert("CMYK"), "JPEG", subsampling=0),
        _file(plain, "JPEG", restart_marker_blocks=1),
        _file(plain, "MPO", save_all=True, append_images=[each.convert("RGB") for each in others]),
        _file(plain, "WEBP", exif=exif),
        _file(colours, "WEBP", lossless=True, icc_profile=b"profile" * 20),
        _file(colours, "WEBP", quality=40),
        _file(colours, "WEBP", save_all=True, append_images=others),
    ]


def mutant(sound: list[bytes], seed: int, place: int) -> bytes:
    """Picture ``place`` of a seed: one of the sound ones, changed one to five times."""
    chance = random.Random(f"{seed}:{place}")
    data = bytearray(chance.choice(sound))
    if chance.random() < 0.1:
        data = _spliced(data, chance.choice(sound), chance)
    for _ in range(chance.randint(1, 5)):
        data = chance.choice(MUTATIONS)(data, chance) if data else data
    return bytes(_checked(data)) if chance.random() < 0.7 else bytes(data)


def _file(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _deep_png() -> bytes:
    """16 bits a channel in colour, which Pillow does not write."""
    rows = np.random.default_rng(2).integers(0, 256, (SIDE, 1 + SIDE * 6), dtype=np.uint8)
    rows[:, 0] = 0
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _spliced(data: bytearray, other: bytes, chance: random.Random) -> bytearray:
    """The head of one before the rest of another."""
    return data[: chance.randrange(8, 64)] + other[chance.randrange(0, 64) :]


def _bit(data: bytearray, chance: random.Random) -> bytearray:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _byte(data: bytearray, chance: random.Random) -> bytearray:
    data[chance.randrange(len(data))] = chance.randrange(256)
    return data


def _number(data: bytearray, chance: random.Random) -> bytearray:
    """A length, a size or a count becomes one at which programs trip; mostly in the head, where they stand."""
    form = chance.choice((">I", "<I", ">H", "<H"))
    reach = min(len(data), 80) if chance.random() < 0.6 else len(data)
    place, most = chance.randrange(reach), 256 ** struct.calcsize(form) - 1
    number = struct.pack(form, min(chance.choice(INTERESTING), most))
    data[place : place + len(number)] = number
    return data


def _size(data: bytearray, chance: random.Random) -> bytearray:
    """Another width and height, where each format has them."""
    wide, high = (chance.choice((0, 1, 23, 25, 4096, 4097, 16383, 65535)) for _ in range(2))
    if data.startswith(b"\x89PNG"):
        data[16:24] = struct.pack(">II", wide, high)
    elif data.startswith(b"\xff\xd8"):
        frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
        data[frame + 5 : frame + 9] = struct.pack(">HH", high, wide)
    elif data[12:16] == b"VP8X":
        data[24:30] = struct.pack("<I", wide)[:3] + struct.pack("<I", high)[:3]
    else:
        data[26:30] = struct.pack("<HH", wide & 0x3FFF, high & 0x3FFF)
    return data


def _cut(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data))]


def _without(data: bytearray, chance: random.Random) -> bytearray:
    begin = chance.randrange(len(data))
    del data[begin : begin + chance.randint(1, 40)]
    return data


def _repeated(data: bytearray, chance: random.Random) -> bytearray:
    """A part again and again: chunks, markers, scans."""
    begin = chance.randrange(len(data))
    part = data[begin : begin + chance.randint(1, 60)]
    data[begin:begin] = part * chance.choice((1, 2, 10, 200))
    return data


def _kind(data: bytearray, chance: random.Random) -> bytearray:
    """A part by the name of another."""
    names = (b"IDAT", b"IEND", b"PLTE", b"tRNS", b"acTL", b"fdAT", b"eXIf", b"zTXt", b"iCCP", b"ALPH", b"VP8L", b"ANMF")
    found = [place for name in names if (place := data.find(name)) >= 0]
    place = chance.choice(found) if found else chance.randrange(len(data))
    data[place : place + 4] = chance.choice(names)
    return data


MUTATIONS: tuple[Mutation, ...] = (_bit, _byte, _byte, _number, _number, _size, _cut, _without, _repeated, _kind)


def _checked(data: bytearray) -> bytearray:
    """A PNG whose checksums are right again, so that damage gets past them; others have none."""
    place = 8
    while data.startswith(b"\x89PNG") and place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return data
