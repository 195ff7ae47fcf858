"""Pictures are known by their bytes, whatever their name says."""

from __future__ import annotations

import pytest

from tests.pictures import gif, huge_png, jpeg, png, webp
from tracker.domain.attachment import LARGEST_BYTES, Picture, picture_gap, picture_in


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (png(12, 7), Picture("image/png", 12, 7)),
        (gif(5, 9), Picture("image/gif", 5, 9)),
        (jpeg(640, 480), Picture("image/jpeg", 640, 480)),
        (webp(33, 21), Picture("image/webp", 33, 21)),
    ],
    ids=["png", "gif", "jpeg", "webp"],
)
def test_kind_and_size_are_read_from_the_bytes(content: bytes, found: Picture) -> None:
    assert picture_in(content) == found
    assert picture_gap(content) == ""


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>" + b"x" * 60,
        b"\xff\xd8\xff\xe0" + b"no segments at all" * 9,
        b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"x" * 30,
        b"RIFF\x00\x00\x00\x00WAVEfmt " + b"x" * 30,
        b"%PDF-1.7 a document",
        b"BM" + b"x" * 80,
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        png(0, 9),
    ],
)
def test_what_only_looks_like_a_picture_is_none(content: bytes) -> None:
    assert picture_in(content) is None
    assert "no picture we can show" in picture_gap(content)


@pytest.mark.parametrize("content", [png(40, 40), gif(4, 4), jpeg(9, 9), webp(8, 8)])
def test_a_picture_that_broke_off_anywhere_never_fails_in_another_way(content: bytes) -> None:
    for length in range(len(content)):
        found = picture_in(content[:length])
        assert found is None or found == picture_in(content)


def test_too_large_ones_are_refused_in_words() -> None:
    assert "3 MB fit" in picture_gap(png(1, 1) + b"\x00" * LARGEST_BYTES)
    assert "too many for a page" in picture_gap(huge_png(60_000, 60_000))
    assert "too many for a page" in picture_gap(huge_png(1, 40_000))
    assert "empty" in picture_gap(b"")
