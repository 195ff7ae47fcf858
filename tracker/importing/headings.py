"""Which part of a report a heading opens, as people really write headings.

``SECTIONS`` is the whole knowledge: the first row with a matching pattern wins. Patterns are
searched in the heading in small letters, without marks, numbering and brackets (see ``normal``).
"""

from __future__ import annotations

import re
from typing import Final, Literal

SectionKind = Literal[
    "went_well",
    "went_badly",
    "lucky",
    "timeline",
    "key_events",
    "lessons",
    "actions",
    "factors",
    "detection",
    "resolution",
    "impact",
    "summary",
    "narrative",
    "background",
    "other",
]

_TO_DO: Final = r"(action|follow ?up|to ?do|remediation|repair|improvement)"
_YET_TO_COME: Final = (
    r"(review|corrective|preventat?ive|future|next|immediate|planned|proposed|recommended|remedial"
    r"|short ?term|long ?term|medium ?term|additional|further|outstanding|open|completed)"
)
_WORK: Final = (
    r"(actions?|measures?|steps?|work|improvements?|tasks?|fix(es)?|changes|plans?|remediations?)"
)
_TO_NOTICE: Final = r"(detect|notic|discover|find|found|know|identif|alert)"
_WHOSE_END: Final = r"(incident|issue|problem|final|immediate|short ?term|temporary)"
_AN_END: Final = (
    r"(resolutions?|remediation|recovery|mitigations?|fix|solution|workaround|response|repair)"
)

SECTIONS: Final[tuple[tuple[SectionKind, str], ...]] = (
    # Appendices come first: a chat log about the timeline is not the timeline.
    ("other", r"^app?end\w{0,4}x|^(references|glossary|see also|links|acknowledg|thanks|credits)"),
    ("other", r"\b(chat|slack|irc) (logs?|thread)|^logs$|^(at?tendees|participants|stats)$"),
    (
        "went_well",
        r"\b(what|things)\b.{0,12} (went|worked|going) (\w+ )?(well|right|smoothly|good)",
    ),
    ("went_well", r"^(what )?(worked|works|worked well|went well|positives)$|^what did we do well"),
    (
        "went_badly",
        r"\b(did ?n.?t|did not|does ?n.?t|could have|could.ve)\b.{0,12} (go|gone|went|work|been)\b",
    ),
    ("went_badly", r"\b(what|things)\b.{0,12} went (\w+ )?(wrong|poorly|badly|bad|not)"),
    ("went_badly", r"^(what )?(went wrong|went poorly|went badly|negatives)$"),
    ("went_badly", r"^what (can|could|should) (we|be|have) .{0,14}(better|improved?)"),
    ("went_badly", r"^(things|areas|opportunities) (to improve|for improvement)$"),
    ("lucky", r"\b(got|get|were|was) lucky\b|^(luck|lucky|where we .{0,12}luck\w*)$"),
    ("key_events", r"^key (events|times|timestamps|dates|moments)$"),
    ("timeline", r"\btime ?lines?\b|^(chronology|sequence|order|log|course|history) of events"),
    ("timeline", r"^chronology|^event (log|history)|^(incident|events?) log$|^events$"),
    # "Lessons learned and next steps" are lessons, so lessons come before actions.
    ("lessons", r"\blessons?\b|\b(key )?(learnings?|takeaways?)\b"),
    ("lessons", r"\bwhat (did |have |can |could )?we learn"),
    ("lessons", r"^(insights?|reflections?|retrospective|in hindsight|hindsight)$"),
    ("actions", rf"\b{_TO_DO} (items?|tasks?|points?|list|actions?|work)"),
    ("actions", rf"^{_YET_TO_COME} {_WORK}\b|^(long|short|medium) ?term (changes|fix|plan)"),
    ("actions", r"^(actions|action plan|follow ?ups?|next steps|to ?dos?|what.s next)$"),
    ("actions", r"^(corrective|preventat?ive)\b.{0,24}\b(actions?|measures?)\b"),
    ("actions", r"^(prevention|preventing|recommendations?|improvements?)\b"),
    (
        "actions",
        r"^(process|documentation|technical|monitoring|tooling|operational) improvements?$",
    ),
    ("actions", r"\bhow (will|are|do|can|could) (we|you) .{0,24}\bprevent"),
    ("actions", r"\b(prevent|avoid)\w* .{0,20}\b(again|recurr|future|happening|reoccur)"),
    ("actions", r"^what (are we|will we|we.re|we are|we will) (doing|going to do|do|chang)"),
    ("factors", r"\b(root|underlying|identified|probable|proximate|primary|main) causes?\b"),
    ("factors", r"\b(contribut(ing|ory)|causal|aggravating) (factors?|causes?|conditions?)\b"),
    ("factors", r"^(causes?|factors|triggers?|contributors|cause .{0,20}|triggered by)$"),
    ("factors", r"^((5|five) )?whys?$|^(why|how) did (it|this|that) (all )?happen"),
    ("factors", r"^what (caused|was the (cause|bug|problem))\b|^the (cause|causes|bug)$"),
    (
        "detection",
        r"^(detection|discovery|identified|identification|detected( by)?|how detected)\b",
    ),
    ("detection", rf"\bhow (was|were|did|we) .{{0,24}}\b{_TO_NOTICE}|\bhard to {_TO_NOTICE}"),
    ("detection", r"^(alerting|monitoring and detection|incident detection|time to detect)$"),
    ("resolution", rf"^(({_WHOSE_END}|the) )?{_AN_END}\b(?! (team|time))"),
    ("resolution", r"^(action|actions|steps|measures) taken"),
    ("resolution", r"\b(how|what) (was|were|did|is) .{0,24}\b(fix|resolv|mitigat|restor|repair)"),
    ("resolution", r"^how we (fixed|resolved|mitigated|recovered|responded)"),
    ("impact", r"\bimpact(s|ed)?\b(?! time)|^(effects?|who was affected|scope)$"),
    ("impact", r"^affected (users|customers)$"),
    ("summary", r"\b(summary|overview|abstract|tl ?;? ?dr|synopsis)\b"),
    ("summary", r"^(at a glance|in brief|in short|(incident )?description|problem statement)$"),
    ("narrative", r"^what( has| had)? happened|^(the )?(incident|problem|issue)( details)?$"),
    ("narrative", r"^details$"),
    ("background", r"^(background|context|preamble|introduction|setting|analysis|investigation)\b"),
    ("background", r"\bbackground\b"),
)

ACTION_KINDS: Final = (
    ("detect", r"detect(ion|ing|ive)?"),
    ("diagnose", r"diagnos(e|is|tics?|ing)"),
    ("engage", r"engag(e|ement|ing)|escalation"),
    ("mitigate", r"mitigat(e|ion|ing|ions)"),
    ("prevent", r"prevent(ion|ative|ive|ing)?"),
    ("process", r"process(es)?"),
)
"""The kinds of action, with the words that say so in a column, a heading, a label or a bracket."""

_IN_LEARNING: Final = frozenset({"went_well", "went_badly", "lucky", "actions", "timeline"})
_IN_EVENTS: Final = frozenset(
    {"actions", "lessons", "factors", "summary", "went_well", "went_badly", "lucky"}
)
OPENS_INSIDE: Final[dict[str, frozenset[str]]] = {
    "actions": _IN_EVENTS - {"actions"} | {"timeline", "key_events"},
    "timeline": _IN_EVENTS,
    "key_events": _IN_EVENTS,
    "lessons": _IN_LEARNING,
    "went_well": _IN_LEARNING | {"lessons"},
    "went_badly": _IN_LEARNING | {"lessons"},
    "lucky": _IN_LEARNING | {"lessons"},
    "factors": _IN_EVENTS | {"timeline", "key_events", "impact", "resolution", "detection"},
}
"""Which kinds open their own section below a heading of a kind; all do where it says nothing."""

_LONGEST_HEADING: Final = 140
_MOST_WORDS: Final = 12

_COMPILED: Final = tuple((kind, re.compile(pattern)) for kind, pattern in SECTIONS)
_KIND_WORDS: Final = tuple(
    (kind, re.compile(rf"^(?:{words})(?: (?:items?|improvements?|actions?|measures?))?$"))
    for kind, words in ACTION_KINDS
)
_NUMBERING: Final = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2}){0,3}[.):]?|[ivx]{1,4}[.)])\s+")
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NOT_A_WORD: Final = re.compile(r"[^\w\s'/&;]+")
_SPACES: Final = re.compile(r"\s+")


def normal(heading: str) -> str:
    """Return a plain heading in small letters, without brackets, numbering, marks and doubled
    spaces.
    """
    text = heading[:_LONGEST_HEADING].replace("\u2019", "'").replace("\u2018", "'").lower()
    text = _NUMBERING.sub("", _BRACKETS.sub(" ", text).strip())
    return _SPACES.sub(" ", _NOT_A_WORD.sub(" ", text)).strip()


def recognise(heading: str) -> SectionKind | None:
    """Return what a plain heading opens, or None. A heading as long as a sentence opens nothing."""
    text = normal(heading)
    if not text or len(heading) > _LONGEST_HEADING:
        return None
    # The timeline is often followed by its zone and dates, so its length says nothing.
    if text.count(" ") >= _MOST_WORDS and not text.startswith("timeline"):
        return None
    for candidate in (text, *_halves(text)):
        for kind, pattern in _COMPILED:
            if pattern.search(candidate):
                return kind
    return None


def recognise_label(label: str) -> SectionKind | None:
    """Return what a bold label opens: as a heading does, in at most five words."""
    return recognise(label) if label.count(" ") < 5 and len(label) <= 60 else None


def opens(kind: SectionKind | None, *, inside: SectionKind | None) -> bool:
    """Say whether a heading of ``kind`` below a section ``inside`` opens its own section.

    "Detection" below "Action items" is a group of actions and below "Timeline" a phase, while
    "What went well" below "Lessons learned" is a part of its own.
    """
    if kind is None or kind == inside:
        return False
    return inside not in OPENS_INSIDE or kind in OPENS_INSIDE[inside]


def action_kind(words: str) -> str | None:
    """Return the kind of action that a column, heading, label or bracket names, or None."""
    text = normal(words.strip("[]() "))
    return next((kind for kind, pattern in _KIND_WORDS if pattern.search(text)), None)


def _halves(text: str) -> tuple[str, ...]:
    """Return the first part of a heading that joins two, such as "context/resolution"."""
    return tuple(
        part.strip() for part in re.split(r"/| & ", text, maxsplit=1)[:1] if part.strip() != text
    )
