"""Raw messages as admins may see them: everything but the secrets.

What is masked is decided by the name beside a value, by the value's own form where a token has one,
and by the secrets of the source itself. Better one value too many than one too few: nobody debugs
with a token.
"""

from __future__ import annotations

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
_NAME: Final = (
    r"[\w.-]{0,60}(?:authori[sz]ation|password|passwd|passphrase|secret|token|credential"
    r"|api[_-]?key|apikey|access[_-]?key|private[_-]?key|signature)[\w.-]{0,60}"
)
_IS_SECRET_NAME: Final = re.compile(rf"(?:{_NAME}|key|pwd|sig|cookie)", re.IGNORECASE)
# "name": "value" in JSON, whatever the value is; the quotes may themselves be escaped, for JSON
# inside JSON, as SNS sends it.
_IN_JSON: Final = re.compile(
    rf'(?P<before>\\*"(?:{_NAME}|pwd)\\*"\s*:\s*)'
    r'(?:\\*"(?:[^"\\]|\\[^"])*\\?"|[\d.eE+-]+|true|false)',
    re.IGNORECASE,
)
_IN_QUERY: Final = re.compile(
    rf"(?P<before>[?&;](?:{_NAME}|key|pwd|sig|code)=)[^&;#\s\"'<>\\]+", re.IGNORECASE
)
_WRITTEN: Final = re.compile(
    rf"(?P<before>(?<![\w.-])(?:{_NAME}|pwd)\s*=\s*)[^\s&;,\"'<>\\]+", re.IGNORECASE
)
_SCHEME: Final = re.compile(
    r"(?P<before>\b(?:bearer|basic|geniekey)\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE
)
_IN_ADDRESS: Final = re.compile(
    r"(?P<before>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"]{0,100}:)[^\s/@\"]{1,200}(?=@)", re.IGNORECASE
)
_TOKEN_FORMS: Final = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}|xox[abeoprs]-[\w-]{10,}"
    r"|xapp-[\w-]{10,}|AKIA[A-Z0-9]{16}|whsec_[A-Za-z0-9+/=]{16,}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)


def mask_secrets(text: str, *, secrets: Sequence[str] = ()) -> str:
    """The text with every value that looks like a secret, and each of ``secrets``, replaced.

    The text stays readable, and JSON stays JSON: only values change.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, MASK)
    text = _IN_JSON.sub(_masked_in_json, text)
    for pattern in (_IN_QUERY, _WRITTEN, _SCHEME, _IN_ADDRESS):
        text = pattern.sub(rf"\g<before>{MASK}", text)
    return _TOKEN_FORMS.sub(MASK, text)


def mask_headers(headers: Mapping[str, str], *, secrets: Sequence[str] = ()) -> dict[str, str]:
    """The headers with the values of those that prove who sends replaced, names as they came."""
    return {
        name: MASK if _is_secret_header(name) else mask_secrets(value, secrets=secrets)
        for name, value in headers.items()
    }


def _is_secret_header(name: str) -> bool:
    return name.lower() in _SECRET_HEADERS or _IS_SECRET_NAME.fullmatch(name) is not None


def _masked_in_json(found: re.Match[str]) -> str:
    # The quotes around the mask are escaped as deep as those around the name.
    before = found["before"]
    quote = before[: before.index('"') + 1]
    return f"{before}{quote}{MASK}{quote}"
