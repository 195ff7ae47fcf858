"""What people do around a review: key moments, evidence, sign-offs, the meeting, the survey."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from tracker.models.table import Row, instant, long_text, reference, short


class ReviewParticipant(SQLModel, table=True):
    """Who is part of the review besides owner and facilitator, and as what."""

    __tablename__ = "review_participant"
    review_id: int = Field(foreign_key="review.id", primary_key=True, ondelete="CASCADE")
    person_id: int = Field(foreign_key="person.id", primary_key=True, index=True)
    part: str = Field(default="participant", max_length=20, nullable=False)
    # participant | note_taker | guest


class ReviewMoment(Row, table=True):
    """What the review says about a timeline entry: a key moment, a group, what was knowable."""

    __tablename__ = "review_moment"
    __table_args__ = (sa.UniqueConstraint("review_id", "entry_id"),)
    review_id: int = reference("review.id", nullable=False, index=False, cascade=True)
    entry_id: int = reference("timeline_entry.id", nullable=False, cascade=True)
    moment: str = short(20)  # detection | diagnosis | decision | repair; empty: none
    group_name: str = short()
    known: str = short(20)  # then | later; empty: not said
    hypothesis: str = short(20)  # raised | dropped | confirmed; empty: none
    note: str = long_text()
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)


class Attachment(Row, table=True):
    """A file kept with a record; whoever may read the record may read it."""

    __tablename__ = "attachment"
    __table_args__ = (
        sa.Index("ix_attachment_record", "record_kind", "record_id"),
        # The same picture pasted twice is kept once.
        sa.UniqueConstraint("record_kind", "record_id", "digest"),
    )
    record_kind: str = short(20)
    record_id: int = Field(nullable=False)
    name: str = short()
    mime: str = short(100)
    size_bytes: int = Field(default=0, nullable=False)
    width: int = Field(default=0, nullable=False)
    height: int = Field(default=0, nullable=False)
    digest: str = short(64)
    content: bytes = Field(sa_type=sa.LargeBinary, nullable=False)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)


class ReviewEvidence(Row, table=True):
    """A link or a picture that shows what the review says, with the place it belongs to."""

    __tablename__ = "review_evidence"
    review_id: int = reference("review.id", nullable=False, cascade=True)
    # One of: a timeline entry, a factor, a question; none of them: the review as a whole.
    entry_id: int | None = reference("timeline_entry.id", cascade=True)
    factor_id: int | None = reference("review_factor.id", cascade=True)
    question: str = short(60)
    title: str = short()
    url: str = short(2_000)
    attachment_id: int | None = reference("attachment.id", index=False)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)


class LikenessVerdict(Row, table=True):
    """What a person said about two incidents that look alike: the same, or not."""

    __tablename__ = "likeness_verdict"
    __table_args__ = (sa.UniqueConstraint("incident_id", "other_id"),)
    # The smaller id stands first, so that a pair has one row.
    incident_id: int = reference("incident.id", nullable=False, index=False, cascade=True)
    other_id: int = reference("incident.id", nullable=False, cascade=True)
    same: bool = Field(nullable=False)
    why: str = short(2_000)
    at: datetime = instant()
    by_id: int | None = reference("person.id", index=False)


class SignOff(Row, table=True):
    """A reviewer who was asked, and what they said."""

    __tablename__ = "sign_off"
    __table_args__ = (sa.UniqueConstraint("review_id", "person_id", "part"),)
    review_id: int = reference("review.id", nullable=False, index=False, cascade=True)
    person_id: int = reference("person.id", nullable=False)
    part: str = short(30, default="peer")  # peer | business_owner | other
    asked_at: datetime = instant()
    asked_by_id: int | None = reference("person.id", index=False)
    verdict: str = short(20)  # approve | dispute | waived (by this person); empty: not yet
    text: str = long_text()
    # The step a dispute is about; it is open again until the dispute is settled.
    step: str = short(60)
    said_at: datetime | None = instant(nullable=True)
    settled_at: datetime | None = instant(nullable=True)
    settled_text: str = short(2_000)


class ReviewVariant(Row, table=True):
    """What an audience reads instead of the generated text, where somebody rewrote it."""

    __tablename__ = "review_variant"
    __table_args__ = (sa.UniqueConstraint("review_id", "audience"),)
    review_id: int = reference("review.id", nullable=False, index=False, cascade=True)
    audience: str = short(20)  # engineers | leadership | customers
    text: str = long_text()
    version: int = Field(default=1, nullable=False)
    updated_at: datetime = instant()
    updated_by_id: int | None = reference("person.id", index=False)


class ReviewMeeting(Row, table=True):
    """The meeting about a review. ``sequence`` counts the invitations that were sent."""

    __tablename__ = "review_meeting"
    review_id: int = reference("review.id", nullable=False, cascade=True)
    uid: str = short(120, unique=True)
    sequence: int = Field(default=0, nullable=False)
    starts_at: datetime = instant()
    minutes: int = Field(default=60, nullable=False)
    place: str = short(2_000)
    agenda: str = long_text()
    notes: str = long_text()
    draft_shared_at: datetime | None = instant(nullable=True)
    cancelled_at: datetime | None = instant(nullable=True)
    held_at: datetime | None = instant(nullable=True)


class MeetingGuest(SQLModel, table=True):
    __tablename__ = "meeting_guest"
    meeting_id: int = Field(foreign_key="review_meeting.id", primary_key=True, ondelete="CASCADE")
    person_id: int = Field(foreign_key="person.id", primary_key=True, index=True)
    invited_sequence: int = Field(default=-1, nullable=False)
    attended: bool | None = Field(default=None, nullable=True)


class SurveyTurn(SQLModel, table=True):
    """That somebody was asked, and whether they answered; never what."""

    __tablename__ = "survey_turn"
    review_id: int = Field(foreign_key="review.id", primary_key=True, ondelete="CASCADE")
    person_id: int = Field(foreign_key="person.id", primary_key=True, index=True)
    answered: bool = Field(default=False, nullable=False)


class SurveyAnswer(Row, table=True):
    """An answer to the three questions, without a name and with the day alone."""

    __tablename__ = "survey_answer"
    review_id: int = reference("review.id", nullable=False, cascade=True)
    # 1 to 5: it taught me something; it felt safe to speak; it will change how I work.
    learned: int = Field(nullable=False)
    safe: int = Field(nullable=False)
    will_change: int = Field(nullable=False)
    remark: str = short(2_000)
    on_day: date = Field(nullable=False)


class ReviewPresence(SQLModel, table=True):
    """Who has which question open. A row older than a minute means nothing."""

    __tablename__ = "review_presence"
    review_id: int = Field(foreign_key="review.id", primary_key=True, ondelete="CASCADE")
    person_id: int = Field(foreign_key="person.id", primary_key=True)
    window: str = Field(primary_key=True, max_length=40)
    question: str = Field(default="", max_length=60, nullable=False)
    writing: bool = Field(default=False, nullable=False)
    seen_at: datetime = instant(index=True)
