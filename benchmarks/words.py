"""Made-up texts of believable size: common words are frequent, rare words are many."""

from __future__ import annotations

import random
from itertools import accumulate

COMMON = (
    "the of to and in was a for on we that it were at by not with from this had as after be no "
    "all so one which when an but they our more than until before only first because could out "
    "into new then again while each some their still where who also been over"
)
FIELD = (
    "service request error latency traffic database connection pool deploy rollback alert "
    "dashboard customer team node cluster certificate expired dns record cache queue worker "
    "message retry timeout limit quota disk memory cpu load balancer region failover replica "
    "primary migration schema index query slow lock release flag config secret token login "
    "payment checkout order invoice report export import search page api client version upgrade "
    "helm chart pod container image registry build pipeline test staging production backup "
    "restore network route firewall proxy gateway header session health check metric graph log "
    "trace incident review timeline impact detected mitigated resolved escalated paged owner "
    "runbook handover vendor provider outage degraded recovered restarted drained scaled"
)
BEGINNINGS = "ba co da fe gri ha jo ka lu mo ne pro qui ra sto ta ver wi za bro cla dri"
MIDDLES = "la mi no ru te va bi ge lo si per tan vor del min cor"
ENDINGS = "n r s t ld nd rk st ve ce ng ble tion ment ing er"
RARE = [a + b + c for a in BEGINNINGS.split() for b in MIDDLES.split() for c in ENDINGS.split()]
SENTENCE_WORDS = (6, 18)


class Writer:
    """Writes the same texts for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same texts every time, no secret
        common, field, rare = COMMON.split(), FIELD.split(), RARE[:]
        self.chance.shuffle(rare)
        self._words = [*common, *field, *rare]
        # Half of a text is common words, a third words of the field, the rest rare ones whose
        # frequency falls with their rank, as in real prose.
        weights = [
            *(0.5 / len(common) for _ in common),
            *(0.35 / len(field) for _ in field),
            *(0.018 / rank for rank in range(1, len(rare) + 1)),
        ]
        self._weights = list(accumulate(weights))

    def words(self, count: int) -> list[str]:
        """That many words."""
        return self.chance.choices(self._words, cum_weights=self._weights, k=count)

    def title(self) -> str:
        """Four to nine words, the first with a capital."""
        return " ".join(self.words(self.chance.randint(4, 9))).capitalize()

    def prose(self, words: int) -> str:
        """Sentences of about that many words together, in paragraphs."""
        sentences: list[str] = []
        left = words
        while left > 0:
            length = min(self.chance.randint(*SENTENCE_WORDS), max(left, 3))
            sentences.append(" ".join(self.words(length)).capitalize() + ".")
            left -= length
        return "\n\n".join(" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5))


class Drawer:
    """A large drawer of sentences: a million entries draw theirs from here, which is quick."""

    def __init__(self, writer: Writer, *, texts: int, words: tuple[int, int]) -> None:
        chance = writer.chance
        self._chance = chance
        self._texts = [writer.prose(chance.randint(*words)) for _ in range(texts)]

    def draw(self) -> str:
        """One of the texts."""
        return self._chance.choice(self._texts)
