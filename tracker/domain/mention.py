"""Who is named behind an @ in a text: candidates, longest first, because names have blanks."""

from __future__ import annotations

import re
from collections.abc import Collection

MOST_WORDS, MOST_MENTIONS = 4, 50
# An address (ada@example.org) names nobody, nor does what stands in code.
_MENTION = re.compile(r"(?:^|(?<=[\s(\[*_]))@(?=\w)((?:[\w.'\u2019-]+ ?){1,4})", re.MULTILINE)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)


def candidates_in(text: str) -> list[tuple[str, ...]]:
    """For each @, what the name behind it may be, longest first; in the order of the text."""
    if "@" not in text:
        return []
    found: list[tuple[str, ...]] = []
    for match in _MENTION.finditer(_CODE.sub(" ", text)):
        words = match[1].split()[:MOST_WORDS]
        names = [" ".join(words[:count]) for count in range(len(words), 0, -1)]
        # A name may end a sentence, or be somebody's: "@Ann Lee." and "@Ann Lee's".
        bare = [re.sub(r"(?:['\u2019]s)?[.'\u2019-]*$", "", one) for one in names]
        found.append(
            tuple(dict.fromkeys(one for pair in zip(names, bare, strict=True) for one in pair))
        )
        if len(found) >= MOST_MENTIONS:
            break
    return found


def named_in(text: str, known: Collection[str]) -> set[str]:
    """Those of the known names that the text names behind an @."""
    named = set()
    for names in candidates_in(text):
        longest = next((one for one in names if one in known), None)
        if longest is not None:
            named.add(longest)
    return named
