"""Pictures that people keep with a record: what one is, told from its bytes and never its name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from struct import error as StructError  # noqa: N812 - an error, whatever the library calls it
from struct import unpack_from

LARGEST_BYTES = 3_000_000
# A browser unpacks four bytes for each of these: some hundred megabytes at most.
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 16_000
MOST_PER_RECORD = 200
KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WebP"}
_PNG = b"\x89PNG\r\n\x1a\n"
# Segments of a JPEG that say how large it is; the gaps in the row mean other things.
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True)
class Picture:
    """What the bytes of a picture say about it. Sides in pixels."""

    mime: str
    width: int
    height: int


def picture_in(content: bytes) -> Picture | None:
    """The picture that these bytes are, or ``None`` when they are none or broken off.

    SVG is not among the kinds: it can carry scripts.
    Source: PNG 3rd edition 11.2.1, ISO 10918-1 annex B, GIF89a 18, RFC 9649.
    """
    readers = {
        _PNG: _png,
        b"\xff\xd8\xff": _jpeg,
        b"GIF87a": _gif,
        b"GIF89a": _gif,
        b"RIFF": _webp,
    }
    for begins, read in readers.items():
        if content.startswith(begins):
            try:
                found = read(content)
            except StructError:
                return None
            return found if found is not None and found.width and found.height else None
    return None


def picture_gap(content: bytes) -> str:
    """Why this cannot be kept as a picture, as a sentence for a person; empty when it can."""
    kinds = "PNG, JPEG, GIF or WebP"
    if not content:
        return "The picture is empty; choose another one"
    if len(content) > LARGEST_BYTES:
        return (
            f"The picture has {len(content) / 1e6:.1f} MB and {LARGEST_BYTES / 1e6:.0f} MB fit: "
            "make it smaller, or link to it"
        )
    found = picture_in(content)
    if found is None:
        return f"This is no picture we can show, whatever its name says: use {kinds}"
    if found.width * found.height > MOST_PIXELS or max(found.width, found.height) > LONGEST_SIDE:
        return (
            f"The picture has {found.width:,} by {found.height:,} pixels, too many for a page: "
            "make it smaller"
        )
    return ""


def _png(content: bytes) -> Picture | None:
    length, kind = unpack_from(">I4s", content, 8)
    if kind != b"IHDR" or length != 13:
        return None
    width, height = unpack_from(">II", content, 16)
    (checksum,) = unpack_from(">I", content, 29)
    # A text with the first bytes of a PNG has no header that sums up.
    if zlib.crc32(content[12:29]) != checksum or b"IDAT" not in content:
        return None
    return Picture("image/png", width, height)


def _gif(content: bytes) -> Picture | None:
    width, height = unpack_from("<HH", content, 6)
    # An image block and the end mark, without which no browser shows anything.
    whole = b"," in content[13:] and content.rstrip(b"\x00").endswith(b";")
    return Picture("image/gif", width, height) if whole else None


def _jpeg(content: bytes) -> Picture | None:
    place = 2
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker in _JPEG_ALONE:
            place += 2
            continue
        (length,) = unpack_from(">H", content, place + 2)
        if marker in _JPEG_SIZES:
            height, width = unpack_from(">HH", content, place + 5)
            return Picture("image/jpeg", width, height)
        if marker == 0xDA or length < 2:
            return None
        place += 2 + length
    return None


def _webp(content: bytes) -> Picture | None:
    if content[8:12] != b"WEBP":
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(content[24:27], "little") + 1
        height = int.from_bytes(content[27:30], "little") + 1
        return Picture("image/webp", width, height) if len(content) > 30 else None
    if kind == b"VP8L" and content[20:21] == b"\x2f":
        (bits,) = unpack_from("<I", content, 21)
        return Picture("image/webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = unpack_from("<HH", content, 26)
        return Picture("image/webp", width & 0x3FFF, height & 0x3FFF)
    return None
