"""Raw messages as admins may see them: everything but the secrets.

What is masked is decided by the name beside a value, by the value's own form where a token has one,
and by the secrets of the source itself. Better one value too many than one too few: nobody debugs
with a token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

MASK: Final = "***"

# Headers that prove who sends: a signature does not give the secret away, but it can be replayed.
_SECRET_HEADERS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "sentry-hook-signature",
        "webhook-signature",
        "x-api-key",
        "x-auth-token",
        "x-gitlab-token",
        "x-grafana-alerting-signature",
        "x-hub-signature",
        "x-hub-signature-256",
        "x-pagerduty-signature",
    }
)
# No pattern begins with something that repeats, so that each letter is looked at once.
_TELLING: Final = (
    r"(?:authori[sz]ation|password|passwd|passphrase|secret|token|credential|api[_-]?key"
    r"|access[_-]?key|private[_-]?key|signature|pwd)[\w.-]{0,60}"
)
_IS_TELLING: Final = re.compile(_TELLING, re.IGNORECASE)
_WHOLE_NAMES: Final = ("key", "sig", "cookie", "set-cookie")
# "name": "value" in text that is nearly JSON, such as a message that was cut.
_NEARLY_JSON: Final = re.compile(
    rf'(?P<before>{_TELLING}\\?"\s{{0,5}}:\s{{0,5}}\\?")(?:[^"\\]|\\[^"])*', re.IGNORECASE
)
_IN_QUERY: Final = re.compile(
    rf"(?P<before>[?&;](?:[\w.-]{{0,30}}{_TELLING}|key|sig|code)=)[^&;#\s\"'<>\\]+", re.IGNORECASE
)
_WRITTEN: Final = re.compile(
    rf"(?P<before>{_TELLING}\s{{0,3}}=\s{{0,3}})[^\s&;,\"'<>\\]+", re.IGNORECASE
)
_SCHEME: Final = re.compile(
    r"(?P<before>\b(?:bearer|basic|geniekey)\s{1,5})[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE
)
_IN_ADDRESS: Final = re.compile(r"(?P<before>://[^\s/:@\"]{0,100}:)[^\s/@\"]{1,200}(?=@)")
_JSON_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*(?P<closed>")?|[{}\[\],]', re.DOTALL)
_TOKEN_FORMS: Final = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}|xox[abeoprs]-[\w-]{10,}"
    r"|xapp-[\w-]{10,}|AKIA[A-Z0-9]{16}|whsec_[A-Za-z0-9+/=]{16,}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)


def mask_secrets(text: str, *, secrets: Sequence[str] = ()) -> str:
    """The text with every value that looks like a secret, and each of ``secrets``, replaced.

    JSON stays JSON, written again with indents; only values change. Other text stays as it is.
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            masked = _masked(json.loads(text), secrets)
        except (ValueError, RecursionError):
            pass
        else:
            return json.dumps(masked, ensure_ascii=False, indent=2)
    return _masked_text(text, secrets)


def beginning(text: str, longest: int) -> str:
    """JSON cut at ``longest`` and closed again after its last whole value, so that it stays JSON.

    A value is there whole or not at all: half a secret would not be known as one. Empty for text
    that is none.
    """
    if len(text) <= longest:
        return text
    waiting: list[str] = []
    end, closing = 0, ""
    for token in _JSON_TOKENS.finditer(text, 0, longest):
        mark = token[0][0]
        if mark == '"':
            if not token["closed"]:
                break
            continue
        if mark in "{[":
            waiting.append("}" if mark == "{" else "]")
        elif not waiting or (mark != "," and waiting.pop() != mark):
            return ""
        end = token.start() if mark == "," else token.end()
        closing = "".join(reversed(waiting))
    return text[:end] + closing


def mask_headers(headers: Mapping[str, str], *, secrets: Sequence[str] = ()) -> dict[str, str]:
    """The headers with the values of those that prove who sends replaced, names as they came."""
    return {
        name: MASK if _is_secret_header(name) else _masked_text(value, secrets)
        for name, value in headers.items()
    }


def _is_secret_header(name: str) -> bool:
    return name.lower() in _SECRET_HEADERS or _is_telling(name)


def _is_telling(name: str) -> bool:
    return name.lower() in _WHOLE_NAMES or _IS_TELLING.search(name) is not None


def _masked(value: object, secrets: Sequence[str]) -> object:
    if isinstance(value, dict):
        return {
            name: MASK if _is_telling(name) else _masked(inner, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, secrets) for inner in value]
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] in ("{", "["):
        # JSON inside JSON, as SNS sends it.
        try:
            return json.dumps(_masked(json.loads(value), secrets), ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
    return _masked_text(value, secrets)


def _masked_text(text: str, secrets: Sequence[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, MASK)
    for pattern in (_NEARLY_JSON, _IN_QUERY, _WRITTEN, _SCHEME, _IN_ADDRESS):
        text = pattern.sub(rf"\g<before>{MASK}", text)
    return _TOKEN_FORMS.sub(MASK, text)
