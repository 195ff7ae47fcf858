"""Work on the timeline of a review: marks, evidence, pictures, who is there, incidents alike."""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tracker.api.feature import Feature
from tracker.api.gate import tracker
from tracker.api.shapes import (
    Answer,
    Asked,
    Done,
    IncidentRef,
    Instant,
    LessonRef,
    Line,
    Link,
    Reason,
    ReviewRef,
    RowId,
    Word,
    ask_from,
)
from tracker.db.work import Look, Work
from tracker.domain.attachment import LARGEST_BYTES
from tracker.domain.errors import Gap, NotValid
from tracker.domain.moment import MOST_AT_ONCE
from tracker.models.review import Review
from tracker.models.review_work import Attachment
from tracker.reading.analyse.attachments import PictureItem, picture_by_id, pictures_of
from tracker.reading.analyse.likeness import Alike, likeness_of
from tracker.reading.analyse.picture import frozen_story, story_of
from tracker.reading.analyse.presence import people_there
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.analyse.timeline_work import Evidence, evidence_of
from tracker.reading.references import ref, review_by_ref
from tracker.usecases.analyse.attachments import AttachPicture, attach_picture
from tracker.usecases.analyse.evidence import AddEvidence, add_evidence, remove_evidence
from tracker.usecases.analyse.likeness import SayAlike, link_lesson, say_alike
from tracker.usecases.analyse.moments import MarkEntries, mark_entries

api = Feature(
    "review timeline", "Key moments, evidence, pictures and incidents alike, around a review."
)

# Three bytes are four letters.
LONGEST_BASE64 = LARGEST_BYTES * 4 // 3 + 4


class ReviewPath(Asked):
    ref: ReviewRef


class EvidencePath(Asked):
    ref: ReviewRef
    evidence_id: RowId


class PicturePath(Asked):
    ref: ReviewRef
    picture_id: RowId


class MarksIn(Asked):
    """Marks for several entries; a field left out stays as it is, an empty text takes it away."""

    entries: Annotated[list[RowId], Field(min_length=1, max_length=MOST_AT_ONCE)]
    moment: Literal["detection", "diagnosis", "decision", "repair", ""] | None = None
    group_name: Line | None = None
    known: Literal["then", "later", ""] | None = None
    hypothesis: Literal["raised", "dropped", "confirmed", ""] | None = None
    note: Reason | None = None


class EvidenceIn(Asked):
    """A link or a kept picture, at one place or, without any, at the review as a whole."""

    title: Line = ""
    url: Link = ""
    picture_id: RowId | None = None
    entry_id: RowId | None = None
    factor_id: RowId | None = None
    question: Word = ""


class PictureIn(Asked):
    """A PNG, JPEG, GIF or WebP of at most 3 MB, in base64."""

    name: Line
    content_base64: Annotated[str, StringConstraints(max_length=LONGEST_BASE64)]


class AlikeIn(Asked):
    """One incident under the review, one it looks like, and whether they are of one kind."""

    incident: IncidentRef
    other: IncidentRef
    same: bool
    why: Reason = ""


class KnownLessonIn(Asked):
    lesson: LessonRef
    incident: IncidentRef


class MarkOut(Answer):
    entry_id: int
    moment: str
    group_name: str
    known: str
    hypothesis: str
    note: str
    at: Instant


class MarksOut(Answer):
    items: list[MarkOut]


class EvidenceOut(Answer):
    id: int
    title: str
    url: str
    picture_id: int | None
    entry_id: int | None
    factor_id: int | None
    question: str
    at: Instant


class EvidenceListOut(Answer):
    items: list[EvidenceOut]


class PictureOut(Answer):
    """``markdown`` shows the picture in a text."""

    id: int
    name: str
    mime: str
    size_bytes: int
    width: int
    height: int
    at: Instant
    markdown: str


class PicturesOut(Answer):
    items: list[PictureOut]


class WholePictureOut(PictureOut):
    content_base64: str


class SomebodyOut(Answer):
    name: str
    question: str
    writing: bool


class PresenceOut(Answer):
    items: list[SomebodyOut]


class StoryOut(Answer):
    """What the picture of the incident tells; spans have since and until, moments an at."""

    impact: list[dict[str, Any]]
    severities: list[dict[str, Any]]
    moments: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    joined: list[dict[str, Any]]
    written: list[str]


class EarlierActionOut(Answer):
    ref: str
    title: str
    state: str
    helped: str


class AlikeOut(Answer):
    """``same`` is null while nobody has said."""

    ref: str
    title: str
    incident: str
    same: bool | None
    why: str
    review: str
    actions: list[EarlierActionOut]


class KnownLessonOut(Answer):
    ref: str
    title: str
    linked: bool


class LikenessOut(Answer):
    incidents: list[AlikeOut]
    lessons: list[KnownLessonOut]


@api.reads("/reviews/<ref>/moments", MarksOut)
def marks(look: Look, path: ReviewPath) -> MarksOut:
    """What the review says about entries of its timeline."""
    return _marks(look, review_by_ref(look, path.ref))


@api.changes("/reviews/<ref>/moments", MarksOut, method="put", guarded=False)
def mark(work: Work, path: ReviewPath, body: MarksIn) -> MarksOut:
    """Mark several entries of the timeline at once; all marks of the review are answered."""
    review = review_by_ref(work, path.ref)
    given = body.model_dump()
    mark_entries(work, review, MarkEntries(**{**given, "entries": tuple(given["entries"])}))
    work.session.flush()
    return _marks(work, review)


@api.reads("/reviews/<ref>/evidence", EvidenceListOut)
def evidence(look: Look, path: ReviewPath) -> EvidenceListOut:
    """The links and pictures that show what the review says."""
    found = evidence_of(look, review_by_ref(look, path.ref))
    return EvidenceListOut(items=[_evidence(one) for one in found])


@api.creates("/reviews/<ref>/evidence", EvidenceOut)
def put_evidence(work: Work, path: ReviewPath, body: EvidenceIn) -> EvidenceOut:
    """Put a link or a kept picture at its place."""
    row = add_evidence(work, review_by_ref(work, path.ref), ask_from(AddEvidence, body))
    return _evidence(Evidence(row))


@api.changes("/reviews/<ref>/evidence/<int:evidence_id>", Done, method="delete", guarded=False)
def drop_evidence(work: Work, path: EvidencePath) -> Done:
    """The evidence no longer stands there; a picture itself is kept."""
    remove_evidence(work, review_by_ref(work, path.ref), path.evidence_id)
    return Done()


@api.reads("/reviews/<ref>/pictures", PicturesOut)
def pictures(look: Look, path: ReviewPath) -> PicturesOut:
    """The pictures kept with a review, without their bytes."""
    review = review_by_ref(look, path.ref)
    return PicturesOut(items=[_picture(review, one) for one in pictures_of(look, review)])


@api.reads("/reviews/<ref>/pictures/<int:picture_id>", WholePictureOut)
def picture(look: Look, path: PicturePath) -> WholePictureOut:
    """One picture with its bytes."""
    review = review_by_ref(look, path.ref)
    row = picture_by_id(look, review, path.picture_id)
    content = base64.b64encode(row.content).decode()
    return WholePictureOut(**_picture(review, row).model_dump(), content_base64=content)


@api.creates("/reviews/<ref>/pictures", PictureOut)
def keep_picture(work: Work, path: ReviewPath, body: PictureIn) -> PictureOut:
    """Keep a picture with the review; the same one a second time is the first one again."""
    review = review_by_ref(work, path.ref)
    try:
        content = base64.b64decode(body.content_base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotValid(Gap("content_base64", "This is not base64")) from error
    row = attach_picture(work, review, AttachPicture(name=body.name, content=content))
    return _picture(review, row)


@api.reads("/reviews/<ref>/presence", PresenceOut)
def presence(look: Look, path: ReviewPath) -> PresenceOut:
    """Who has the review open in the editor now, and at which question."""
    there = people_there(look, review_by_ref(look, path.ref))
    return PresenceOut(
        items=[
            SomebodyOut(name=one.name, question=one.question, writing=one.writing) for one in there
        ]
    )


@api.reads("/reviews/<ref>/story", StoryOut)
def story(look: Look, path: ReviewPath) -> StoryOut:
    """What the picture of the incident tells: impact, severity, key moments, changes, roles."""
    whole = whole_review(look, review_by_ref(look, path.ref))
    return StoryOut(**frozen_story(story_of(look, whole)))


@api.reads("/reviews/<ref>/alike", LikenessOut)
def alike(look: Look, path: ReviewPath) -> LikenessOut:
    """Incidents that look alike with what was decided then, and lessons that fit."""
    return _likeness(look, review_by_ref(look, path.ref))


@api.changes("/reviews/<ref>/alike", LikenessOut, method="put", guarded=False)
def say(work: Work, path: ReviewPath, body: AlikeIn) -> LikenessOut:
    """Say whether two incidents are of one kind; it is remembered for the pair."""
    review = review_by_ref(work, path.ref)
    say_alike(work, review, ask_from(SayAlike, body))
    work.session.flush()
    return _likeness(work, review)


@api.changes("/reviews/<ref>/known-lessons", LikenessOut, method="put", guarded=False)
def know_lesson(work: Work, path: ReviewPath, body: KnownLessonIn) -> LikenessOut:
    """Link a lesson that was known before this incident."""
    review = review_by_ref(work, path.ref)
    link_lesson(work, review, lesson=body.lesson, incident=body.incident)
    work.session.flush()
    return _likeness(work, review)


def _marks(look: Look, review: Review) -> MarksOut:
    whole = whole_review(look, review)
    rows = [whole.moments[one.key] for one in whole.entries if one.key in whole.moments]
    return MarksOut(
        items=[
            MarkOut(
                entry_id=row.entry_id,
                moment=row.moment,
                group_name=row.group_name,
                known=row.known,
                hypothesis=row.hypothesis,
                note=row.note,
                at=row.at,
            )
            for row in rows
        ]
    )


def _evidence(one: Evidence) -> EvidenceOut:
    row = one.row
    return EvidenceOut(
        id=row.key,
        title=one.title,
        url=row.url,
        picture_id=row.attachment_id,
        entry_id=row.entry_id,
        factor_id=row.factor_id,
        question=row.question,
        at=row.at,
    )


def _picture(review: Review, one: PictureItem | Attachment) -> PictureOut:
    number = one.id or 0
    return PictureOut(
        id=number,
        name=one.name,
        mime=one.mime,
        size_bytes=one.size_bytes,
        width=one.width,
        height=one.height,
        at=one.at,
        markdown=f"![{one.name.rsplit('.', 1)[0]}](/reviews/{ref(review)}/pictures/{number})",
    )


def _likeness(look: Look, review: Review) -> LikenessOut:
    found = likeness_of(look, tracker().index, review)
    return LikenessOut(
        incidents=[_alike(one) for one in found.alike],
        lessons=[
            KnownLessonOut(ref=ref(row), title=row.title, linked=linked)
            for row, linked in found.lessons
        ],
    )


def _alike(one: Alike) -> AlikeOut:
    return AlikeOut(
        ref=one.ref,
        title=one.row.title,
        incident=one.mine,
        same=one.verdict.same if one.verdict else None,
        why=one.verdict.why if one.verdict else "",
        review=ref(one.review) if one.review else "",
        actions=[
            EarlierActionOut(
                ref=action.ref,
                title=action.row.title,
                state=action.row.state,
                helped=action.helped,
            )
            for action in one.actions
        ],
    )
