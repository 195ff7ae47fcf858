"""From the bytes of a request to plain JSON values, refusing what would hurt later.

A body is refused, with the place and the reason, when it is too large (also after inflating), is
not JSON in UTF-8, nests deeper than DEEPEST, names a thing twice in one object, or holds a number
or a character that the databases cannot keep.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Mapping
from typing import Final

from tracker.domain.asks import has_half_character
from tracker.intake.refusals import NotUnderstood

LARGEST_BODY_BYTES: Final = 4 * 1024 * 1024
DEEPEST: Final = 64

# SNS says text/plain and some tools say nothing at all; what is refused is what says plainly that
# it is something else.
_JSON_TYPES: Final = ("application/json", "text/json", "text/plain", "")
_ASCII_OR_UTF8: Final = ("utf-8", "utf8", "us-ascii", "ascii", "")
_ESCAPED: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their lower-case names, as every function of this room takes them."""
    return {name.lower(): value for name, value in headers.items()}


def read_body(
    raw: bytes, headers: Mapping[str, str], *, limit_bytes: int = LARGEST_BODY_BYTES
) -> object:
    """The value that the body holds: objects as dict, numbers finite, text without NUL.

    The limit holds for the bytes as sent and again for what they inflate to; not one byte more than
    that is ever inflated.

    Raises: NotUnderstood with 400, 413 or 415.
    """
    given = lowered(headers)
    _check_type(given.get("content-type", ""))
    plain = plain_bytes(raw, given, limit_bytes=limit_bytes)
    try:
        text = plain.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUnderstood(
            400, f"The body is not UTF-8 text: byte {error.start + 1} does not belong there."
        ) from error
    if not text.strip():
        raise NotUnderstood(400, "The body is empty; a JSON object was expected.")
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except RecursionError as error:
        # Python stops at about a thousand levels, long after we would.
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise NotUnderstood(
            400,
            f"The body is not JSON: {error.msg.lower()}, line {error.lineno}, column"
            f" {error.colno}.",
        ) from error
    except ValueError as error:
        # Python refuses to read whole numbers of thousands of digits.
        raise NotUnderstood(400, "A number in the body has too many digits.") from error
    # The count of openings is the most the depth can be, and for small bodies it decides.
    if plain.count(b"[") + plain.count(b"{") > DEEPEST:
        _check_depth(value)
    if _ESCAPED.search(plain):
        _check_characters(value)
    return value


def plain_bytes(
    raw: bytes, headers: Mapping[str, str], *, limit_bytes: int = LARGEST_BODY_BYTES
) -> bytes:
    """The bytes after undoing ``Content-Encoding: gzip``, at most ``limit_bytes`` of them.

    Raises: NotUnderstood with 400 (a broken stream), 413 or 415 (another encoding).
    """
    if len(raw) > limit_bytes:
        raise _too_large(limit_bytes)
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding not in ("gzip", "x-gzip"):
        raise NotUnderstood(
            415, f"The body is sent as {encoding[:40]!r}; send it as it is or with gzip."
        )
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(raw, limit_bytes + 1)
    except zlib.error as error:
        raise NotUnderstood(400, "The body is said to be gzip, but cannot be inflated.") from error
    if len(plain) > limit_bytes:
        raise _too_large(limit_bytes)
    if not inflater.eof or inflater.unused_data:
        raise NotUnderstood(400, "The body is said to be gzip, but it is cut short or goes on.")
    return plain


def _too_large(limit_bytes: int) -> NotUnderstood:
    return NotUnderstood(
        413, f"The body is too large: at most {limit_bytes:,} bytes are taken, also after gzip."
    )


def _check_type(content_type: str) -> None:
    kind, _, rest = content_type.lower().partition(";")
    kind = kind.strip()
    if kind not in _JSON_TYPES and not kind.endswith("+json"):
        raise NotUnderstood(
            415, f"The body is said to be {kind[:80]!r}; send JSON, as application/json."
        )
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in _ASCII_OR_UTF8:
            raise NotUnderstood(415, "The body must be UTF-8; its header names another charset.")


def _too_deep() -> NotUnderstood:
    return NotUnderstood(400, f"The body is nested too deep: at most {DEEPEST} levels are taken.")


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(DEEPEST):
        inner: list[object] = []
        for piece in level:
            if isinstance(piece, dict):
                inner += piece.values()
            elif isinstance(piece, list):
                inner += piece
        level = inner
    if any(isinstance(piece, dict | list) for piece in level):
        raise _too_deep()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotUnderstood(
                    400,
                    f"The name {name[:80]!a} stands twice in one object; it is not clear which"
                    " one counts.",
                )
            seen.add(name)
    return found


def _refuse_constant(word: str) -> object:
    raise NotUnderstood(400, f"The body holds {word}, which is no number in JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotUnderstood(400, f"The number {digits[:40]} is too large.")
    return number


def _check_characters(value: object) -> None:
    waiting: list[tuple[object, str]] = [(value, "")]
    while waiting:
        piece, where = waiting.pop()
        if isinstance(piece, dict):
            for name, inner in piece.items():
                _check_text(name, where)
                waiting.append((inner, f"{where}.{name}".lstrip(".")))
        elif isinstance(piece, list):
            waiting.extend((inner, f"{where}[{n}]") for n, inner in enumerate(piece))
        elif isinstance(piece, str):
            _check_text(piece, where)


def _check_text(text: str, where: str) -> None:
    if "\0" in text:
        raise NotUnderstood(400, "The text holds a NUL character; leave it out.", where=where)
    if has_half_character(text):
        raise NotUnderstood(
            400, "The text holds half of a surrogate pair, which is no character.", where=where
        )
