"""A published version as a document: for readers, as Markdown, and compared with another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from tracker.domain.picture import Picture, Story, draw
from tracker.domain.review import Question, Template
from tracker.domain.text_diff import Piece, lines_of, near_changes, word_diff
from tracker.models.review import ReviewVersion
from tracker.reading.analyse.picture import kept_story

# What a reader sees above an answer; other questions are called by the words of their key.
HEADINGS = {
    "impact": "Impact",
    "times": "Times",
    "detection": "How we noticed",
    "resolution": "What made it better",
    "perspectives": "How it looked from inside",
    "factors": "Contributing factors",
    "went_badly": "What made it harder",
    "lucky": "Where we were lucky",
    "dead_ends": "Ideas that did not explain it",
    "similar": "Have we met it before?",
    "detect_better": "Could we notice it in half the time?",
    "diagnose_better": "Could we understand it in half the time?",
    "engage_better": "Could the right people meet sooner?",
    "mitigate_better": "Could we ease the effect in half the time?",
    "actions": "Actions",
    "rejected_ideas": "Ideas weighed and left",
    "lessons": "Lessons",
    "others_exposed": "Might others be exposed?",
    "other_notes": "Further notes",
}

# The chapter of what was shared: it stands in every form of the document, and in no text for
# leadership or customers, who read chosen questions alone.
SHARED = "shared-perspective"
SHARED_TITLE = "How it looked to those who were there"


@dataclass(frozen=True)
class Passage:
    """One question of a document: its short heading, the question in full, what was answered."""

    key: str
    kind: str
    heading: str
    prompt: str
    text: str = ""
    choice: str = ""
    because: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def lead(self) -> str:
        """The words before the reason: it explains a choice, or stands for an answer."""
        if self.choice:
            return "Because:"
        return "And:" if self.text or self.rows else "No answer, because:"


@dataclass(frozen=True)
class Chapter:
    """A step of a document."""

    key: str
    title: str
    passages: list[Passage]


@dataclass(frozen=True)
class Document:
    """A published version, in the order of its template, with nothing empty in it."""

    title: str
    number: int
    published_at: datetime
    why: str
    incidents: list[dict[str, Any]]
    chapters: list[Chapter]
    story: Story | None = None
    # Links and pictures: title, url, picture, and at, factor or question where they belong.
    evidence: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def drawn(self) -> Picture | None:
        """The picture of the incident, where the version keeps its story."""
        return draw(self.story) if self.story else None


@dataclass(frozen=True)
class Difference:
    """A passage that two versions tell differently."""

    heading: str
    lines: list[list[Piece]]


def heading_of(question: Question) -> str:
    """The short heading of a question: ``went_well`` -> ``Went well``."""
    return HEADINGS.get(question.key, question.key.replace("_", " ").capitalize())


def document(version: ReviewVersion, template: Template) -> Document:
    """The document of a published version."""
    content = version.content
    chapters = []
    for step in template.steps:
        passages = [_passage(question, content) for question in step.questions]
        told = [one for one in passages if one.text or one.choice or one.because or one.rows]
        if told:
            chapters.append(Chapter(step.key, step.title, told))
    if shared := content.get("perspectives"):
        chapters.append(Chapter(SHARED, SHARED_TITLE, [_chair(*one) for one in enumerate(shared)]))
    return Document(
        title=str(content.get("title", "")),
        number=version.number,
        published_at=version.published_at,
        why=version.why,
        incidents=list(content.get("incidents", ())),
        chapters=chapters,
        story=kept_story(content),
        evidence=list(content.get("evidence", ())),
    )


def as_markdown(told: Document, reference: str, *, draft: bool = False) -> str:
    """The document as one Markdown text, for reading elsewhere."""
    at = f"{told.published_at:%Y-%m-%d %H:%M} UTC"
    standing = f"draft as of {at}" if draft else f"version {told.number}, published {at}"
    lines = [f"# {told.title}", "", f"{reference}, {standing}", ""]
    lines += [
        f"- {one['ref']} {one['title']} ({one['severity'] or 'near miss'})"
        for one in told.incidents
    ]
    if told.why and told.number > 1:
        lines += ["", f"Amended: {told.why}"]
    for chapter in told.chapters:
        lines += ["", f"## {chapter.title}"]
        for passage in chapter.passages:
            lines += ["", f"### {passage.heading}", "", _told(passage)]
    return "\n".join(lines).strip() + "\n"


def differences(old: Document, new: Document) -> list[Difference]:
    """The passages that differ, in the order of the newer version."""
    before = {one.key: one for chapter in old.chapters for one in chapter.passages}
    after = {one.key: one for chapter in new.chapters for one in chapter.passages}
    pairs = [("Title", old.title, new.title)]
    for key in [*after, *(key for key in before if key not in after)]:
        one, other = before.get(key), after.get(key)
        heading = (other or one).heading  # type: ignore[union-attr]
        # How far an action is by now is no change of the review.
        was, is_now = (_told(side, states=False) if side else "" for side in (one, other))
        pairs.append((heading, was, is_now))
    return [
        Difference(heading, near_changes(lines_of(word_diff(one, other))))
        for heading, one, other in pairs
        if one != other
    ]


def _passage(question: Question, content: Mapping[str, Any]) -> Passage:
    answer = content.get("answers", {}).get(question.key, {})
    rows: list[dict[str, Any]] = []
    if question.kind == "times":
        rows = [
            {"incident": one["ref"], "name": name, **time}
            for one in content.get("incidents", ())
            for name, time in one.get("times", {}).items()
        ]
    elif question.kind in ("timeline", "factors", "actions", "lessons"):
        rows = list(content.get(question.kind, ()))
    return Passage(
        key=question.key,
        kind=question.kind,
        heading=heading_of(question),
        prompt=question.prompt,
        text=str(answer.get("text", "")),
        choice=str(answer.get("choice", "")),
        because=str(answer.get("because", "")),
        rows=[{**row, "at": _instant(row["at"])} if "at" in row else row for row in rows],
    )


def _chair(number: int, shared: Mapping[str, Any]) -> Passage:
    """What one person shared, as a passage under their name."""
    parts = [
        "\n".join(
            f"- {_instant(one['at']):%Y-%m-%d %H:%M} UTC: {one['text']}".replace("\n", "\n  ")
            for one in shared["moments"]
        )
    ]
    parts += [f"**{one['prompt']}**\n\n{one['text']}" for one in shared["answers"]]
    return Passage(
        key=f"{SHARED}-{number + 1}",
        kind=SHARED,
        heading=shared["person"],
        prompt=f"How it looked to {shared['person']}",
        text="\n\n".join(part for part in parts if part),
    )


def _instant(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def _told(passage: Passage, *, states: bool = True) -> str:
    parts = [passage.choice.replace("_", " ").capitalize() if passage.choice else ""]
    parts += ["\n".join(_line(passage.kind, row, states=states) for row in passage.rows)]
    parts += [passage.text, f"{passage.lead} {passage.because}" if passage.because else ""]
    return "\n\n".join(part for part in parts if part)


def _line(kind: str, row: Mapping[str, Any], *, states: bool) -> str:
    if kind == "times":
        at = row["at"]
        said = (
            f"{at:%Y-%m-%d %H:%M} UTC, from {row['source']}"
            if at
            else f"unknown, because: {row['unknown_because']}"
        )
        return f"- {row['incident']} {row['name'].replace('_', ' ')}: {said}"
    if kind == "timeline":
        text = row["text"].replace("\n", "\n  ")
        return f"- {row['at']:%Y-%m-%d %H:%M} ({row['kind']}) {text}"
    if kind == "factors":
        more = [("", row["note"]), ("Made sense then: ", row["made_sense"])]
        more += [("Evidence: ", row["evidence"])]
        told = [f"  {lead}{text}".replace("\n", "\n  ") for lead, text in more if text]
        return "\n".join([f"- {row['name']} ({row['role']})", *told])
    if kind == "actions":
        state = f" ({row['state'].replace('_', ' ')})" if states else ""
        return f"- {row['ref']} {row['title']}{state}"
    return f"- {row['ref']} {row['title']}\n  {row['insight']}".rstrip()
