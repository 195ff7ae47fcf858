"""Small pictures, made here: real ones, and ones that only look so."""

from __future__ import annotations

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A white PNG of this size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = (b"\x00" + b"\xff" * ((width + 7) // 8)) * height
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def huge_png(width: int, height: int) -> bytes:
    """A PNG that says it is huge, in a few bytes."""
    small = png(1, 1)
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]


def gif(width: int, height: int) -> bytes:
    """A GIF of this size with one picture in it."""
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\x00\x00" + b"\xff" * 6
    return head + b"," + struct.pack("<HHHH", 0, 0, width, height) + b"\x00\x02\x02D\x01\x00;"


def jpeg(width: int, height: int) -> bytes:
    """The segments of a JPEG of this size; its data are none that anybody decodes."""
    size = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04ab" + size + b"\xff\xda\x00\x02\x00\xff\xd9"


def webp(width: int, height: int) -> bytes:
    """The header of a lossless WebP of this size."""
    bits = (width - 1) | (height - 1) << 14
    body = b"WEBPVP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + b"\x00" * 5
    return b"RIFF" + struct.pack("<I", len(body)) + body
