"""Bodies that would hurt are refused with the status and the place; all others are read."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from tracker.intake.body import DEEPEST, LARGEST_BODY_BYTES, read_body
from tracker.intake.refusals import NotUnderstood

JSON = {"Content-Type": "application/json"}


def refused(raw: bytes, headers: dict[str, str] | None = None) -> NotUnderstood:
    with pytest.raises(NotUnderstood) as raised:
        read_body(raw, JSON if headers is None else headers)
    return raised.value


def test_a_body_is_read_as_it_was_written() -> None:
    value = {
        "text": "ünïcode \U0001f600",
        "number": 1.5,
        "list": [1, None, True],
        "deep": {"a": {}},
    }
    assert read_body(json.dumps(value).encode(), JSON) == value


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "text/plain; charset=UTF-8",
        "application/cloudevents+json",
        "APPLICATION/JSON",
        "",
    ],
)
def test_all_the_ways_in_which_senders_name_json_are_taken(content_type: str) -> None:
    assert read_body(b"{}", {"content-type": content_type}) == {}


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/xml", "application/json; charset=latin1"],
)
def test_a_body_that_says_it_is_something_else_is_415(content_type: str) -> None:
    assert refused(b"{}", {"Content-Type": content_type}).status == 415


def test_a_mark_of_byte_order_does_not_matter() -> None:
    assert read_body(b'\xef\xbb\xbf{"a": 1}', JSON) == {"a": 1}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"a": ', "line 1, column 7"),
        (b'{"a": 1} x', "extra data"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": "\xff"}', "byte 8"),
        (b'{"a": "\x00"}', "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        (b'[{"labels": {"x": "1", "x": "2"}}]', "'x' stands twice"),
    ],
)
def test_what_is_not_proper_json_is_400_and_says_why(raw: bytes, reason: str) -> None:
    error = refused(raw)
    assert error.status == 400
    assert reason in error.message


def test_characters_that_a_database_cannot_keep_are_refused_with_their_place() -> None:
    nul = refused(rb'{"alerts": [{"labels": {"a": "x\u0000y"}}]}')
    assert (nul.status, nul.where) == (400, "alerts[0].labels.a")
    half = refused(rb'{"title": "\ud83d"}')
    assert (half.status, half.where) == (400, "title")
    assert refused(rb'{"a\u0000": 1}').status == 400


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert read_body(rb'{"a": "\ud83d\ude00"}', JSON) == {"a": "\U0001f600"}


@pytest.mark.parametrize("opening", [(b"[", b"]"), (b'{"a":', b"}")])
def test_depth_ends_at_sixty_four(opening: tuple[bytes, bytes]) -> None:
    begin, end = opening
    read_body(begin * (DEEPEST - 1) + b"[]" + end * (DEEPEST - 1), JSON)
    error = refused(begin * DEEPEST + b"[]" + end * DEEPEST)
    assert (error.status, "nested too deep" in error.message) == (400, True)


def test_a_hundred_thousand_brackets_are_refused_like_sixty_five() -> None:
    assert "nested too deep" in refused(b"[" * 100_000).message


def test_brackets_inside_text_are_no_depth() -> None:
    assert read_body(json.dumps(["[{" * 200, '"[' * 200]).encode(), JSON)


def test_many_lists_beside_each_other_are_no_depth() -> None:
    assert read_body(json.dumps([[]] * 1000).encode(), JSON) == [[]] * 1000


def test_more_than_the_limit_is_413() -> None:
    fits = b'"' + b"a" * 98 + b'"'
    assert read_body(fits, JSON, limit_bytes=100)
    with pytest.raises(NotUnderstood) as raised:
        read_body(fits + b" ", JSON, limit_bytes=100)
    assert raised.value.status == 413


def test_gzip_is_inflated() -> None:
    raw = gzip.compress(b'{"a": 1}')
    assert read_body(raw, {**JSON, "Content-Encoding": "gzip"}) == {"a": 1}


def test_a_gzip_bomb_is_413_and_never_inflated_beyond_the_limit() -> None:
    packer = zlib.compressobj(9, wbits=31)
    chunk = b" " * 1_000_000
    raw = b"".join(packer.compress(chunk) for _ in range(200)) + packer.flush()
    assert len(raw) < LARGEST_BODY_BYTES / 10
    assert refused(raw, {"Content-Encoding": "gzip"}).status == 413


@pytest.mark.parametrize(
    "raw",
    [b"no gzip at all", gzip.compress(b'{"a": 1}')[:-9], gzip.compress(b"{}") + b"more"],
    ids=["other", "short", "longer"],
)
def test_broken_gzip_is_400(raw: bytes) -> None:
    assert refused(raw, {"Content-Encoding": "gzip"}).status == 400


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
def test_another_encoding_is_415(encoding: str) -> None:
    assert refused(b"{}", {"Content-Encoding": encoding}).status == 415
