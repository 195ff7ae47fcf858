"""A review as slides for the meeting: first the timeline, then the questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tracker.models.incident import TimelineEntry
from tracker.models.review import ReviewVersion
from tracker.reading.analyse.review_document import Passage, document
from tracker.reading.analyse.reviews import WholeReview

ENTRIES_ON_A_SLIDE = 7


@dataclass(frozen=True)
class Slide:
    """What stands on the wall at once."""

    kind: str  # title | timeline | question | end
    heading: str
    prompt: str = ""
    text: str = ""
    entries: list[TimelineEntry] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


def slides_of(whole: WholeReview) -> list[Slide]:
    """The slides in the order of the meeting. Questions without an answer are asked there."""
    row = ReviewVersion(
        review_id=whole.row.key,
        number=whole.row.published_version + 1,
        published_at=whole.row.updated_at,
        content=whole.frozen(),
    )
    told = {
        passage.key: passage
        for chapter in document(row, whole.template).chapters
        for passage in chapter.passages
    }
    impact = told.get("impact") or told.get("summary")
    slides = [Slide("title", whole.row.title, text=impact.text if impact else "")]
    entries = [one for one in whole.entries if one.kind != "system"] or list(whole.entries)
    pages = range(0, len(entries), ENTRIES_ON_A_SLIDE)
    slides += [
        Slide(
            "timeline",
            "Timeline" if len(pages) == 1 else f"Timeline, {place} of {len(pages)}",
            prompt="What did you see, and what did you think it was?",
            entries=entries[start : start + ENTRIES_ON_A_SLIDE],
        )
        for place, start in enumerate(pages, start=1)
    ]
    conditions = whole.facts.conditions
    for question in whole.template.questions:
        if question.kind in ("times", "timeline") or not question.applies(conditions):
            continue
        if question.key in ("summary", "impact"):
            continue
        passage = told.get(question.key)
        slides.append(
            Slide(
                "question",
                passage.heading if passage else question.prompt,
                prompt=question.prompt if passage else question.help,
                text=_words(passage) if passage else "",
                rows=passage.rows if passage else [],
            )
        )
    slides.append(Slide("end", "What surprised you most?", prompt="Everybody says one thing."))
    return slides


def _words(passage: Passage) -> str:
    choice = passage.choice.replace("_", " ").capitalize() if passage.choice else ""
    because = f"{passage.lead} {passage.because}" if passage.because else ""
    return "\n\n".join(part for part in (choice, passage.text, because) if part)
