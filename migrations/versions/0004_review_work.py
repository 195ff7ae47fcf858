"""Reviews as people work on them: perspectives, key moments, sign-offs, meetings, surveys."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("mime", sa.String(100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_attachment_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint(
            "record_kind",
            "record_id",
            "digest",
            name=op.f("uq_attachment_record_kind_record_id_digest"),
        ),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_record", ["record_kind", "record_id"], unique=False)

    op.create_table(
        "wording_dismissal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(60), nullable=False),
        sa.Column("phrase", sa.String(200), nullable=False),
        sa.Column("category", sa.String(30), nullable=False),
        sa.Column("why", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_wording_dismissal_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_dismissal")),
        sa.UniqueConstraint(
            "record_kind",
            "record_id",
            "place",
            "phrase",
            name=op.f("uq_wording_dismissal_record_kind_record_id_place_phrase"),
        ),
    )
    op.create_table(
        "wording_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phrase", sa.String(200), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("category", sa.String(30), nullable=False),
        sa.Column("why", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("managed_by", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_wording_term_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_term")),
        sa.UniqueConstraint("phrase", "verdict", name=op.f("uq_wording_term_phrase_verdict")),
    )
    op.create_table(
        "likeness_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_likeness_verdict_by_id")),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_likeness_verdict_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["incident.id"],
            name=op.f("fk_likeness_verdict_other_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_likeness_verdict")),
        sa.UniqueConstraint(
            "incident_id", "other_id", name=op.f("uq_likeness_verdict_incident_id_other_id")
        ),
    )
    with op.batch_alter_table("likeness_verdict", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_likeness_verdict_other_id"), ["other_id"], unique=False
        )

    op.create_table(
        "perspective",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.Column("shared_at", sa.DateTime(), nullable=True),
        sa.Column("declined_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_perspective_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_perspective_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_perspective_review_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_perspective")),
        sa.UniqueConstraint(
            "review_id", "person_id", name=op.f("uq_perspective_review_id_person_id")
        ),
    )
    with op.batch_alter_table("perspective", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_perspective_person_id"), ["person_id"], unique=False)

    op.create_table(
        "review_meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(120), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(2000), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("draft_shared_at", sa.DateTime(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("held_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_meeting_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_meeting")),
        sa.UniqueConstraint("uid", name=op.f("uq_review_meeting_uid")),
    )
    with op.batch_alter_table("review_meeting", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_review_meeting_review_id"), ["review_id"], unique=False
        )

    op.create_table(
        "review_participant",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_review_participant_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_participant_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("review_id", "person_id", name=op.f("pk_review_participant")),
    )
    with op.batch_alter_table("review_participant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_review_participant_person_id"), ["person_id"], unique=False
        )

    op.create_table(
        "review_presence",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(40), nullable=False),
        sa.Column("question", sa.String(60), nullable=False),
        sa.Column("writing", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_review_presence_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_presence_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "review_id", "person_id", "window", name=op.f("pk_review_presence")
        ),
    )
    with op.batch_alter_table("review_presence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_presence_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "review_variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_variant_review_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["person.id"], name=op.f("fk_review_variant_updated_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_variant")),
        sa.UniqueConstraint(
            "review_id", "audience", name=op.f("uq_review_variant_review_id_audience")
        ),
    )
    op.create_table(
        "sign_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(30), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("step", sa.String(60), nullable=False),
        sa.Column("said_at", sa.DateTime(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("settled_text", sa.String(2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_sign_off_asked_by_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_off_person_id")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_sign_off_review_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
        sa.UniqueConstraint(
            "review_id", "person_id", "part", name=op.f("uq_sign_off_review_id_person_id_part")
        ),
    )
    with op.batch_alter_table("sign_off", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_off_person_id"), ["person_id"], unique=False)

    op.create_table(
        "survey_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("learned", sa.Integer(), nullable=False),
        sa.Column("safe", sa.Integer(), nullable=False),
        sa.Column("will_change", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(2000), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_survey_answer_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
    )
    with op.batch_alter_table("survey_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_survey_answer_review_id"), ["review_id"], unique=False)

    op.create_table(
        "survey_turn",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_survey_turn_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_survey_turn_review_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("review_id", "person_id", name=op.f("pk_survey_turn")),
    )
    with op.batch_alter_table("survey_turn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_survey_turn_person_id"), ["person_id"], unique=False)

    op.create_table(
        "meeting_guest",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("invited_sequence", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["review_meeting.id"],
            name=op.f("fk_meeting_guest_meeting_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_meeting_guest_person_id")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_meeting_guest")),
    )
    with op.batch_alter_table("meeting_guest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_guest_person_id"), ["person_id"], unique=False)

    op.create_table(
        "perspective_moment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("perspective_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["perspective_id"],
            ["perspective.id"],
            name=op.f("fk_perspective_moment_perspective_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_perspective_moment")),
    )
    with op.batch_alter_table("perspective_moment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_perspective_moment_perspective_id"), ["perspective_id"], unique=False
        )

    op.create_table(
        "review_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("factor_id", sa.Integer(), nullable=True),
        sa.Column("question", sa.String(60), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_review_evidence_attachment_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_review_evidence_by_id")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["timeline_entry.id"],
            name=op.f("fk_review_evidence_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["factor_id"],
            ["review_factor.id"],
            name=op.f("fk_review_evidence_factor_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_evidence_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_evidence")),
    )
    with op.batch_alter_table("review_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_evidence_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_review_evidence_factor_id"), ["factor_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_review_evidence_review_id"), ["review_id"], unique=False
        )

    op.create_table(
        "review_moment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.String(20), nullable=False),
        sa.Column("group_name", sa.String(200), nullable=False),
        sa.Column("known", sa.String(20), nullable=False),
        sa.Column("hypothesis", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_review_moment_by_id")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["timeline_entry.id"],
            name=op.f("fk_review_moment_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_moment_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_moment")),
        sa.UniqueConstraint(
            "review_id", "entry_id", name=op.f("uq_review_moment_review_id_entry_id")
        ),
    )
    with op.batch_alter_table("review_moment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_moment_entry_id"), ["entry_id"], unique=False)

    op.add_column("review", sa.Column("signals", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("review", sa.Column("depth", sa.String(20), nullable=False, server_default=""))
    op.add_column("review", sa.Column("soak_until", sa.Date(), nullable=True))
    op.add_column(
        "review",
        sa.Column("soak_skipped_because", sa.String(2000), nullable=False, server_default=""),
    )
    op.add_column("review", sa.Column("shared_at", sa.DateTime(), nullable=True))
    op.add_column(
        "person", sa.Column("reminders_by", sa.String(10), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("person", "reminders_by")
    op.drop_column("review", "shared_at")
    op.drop_column("review", "soak_skipped_because")
    op.drop_column("review", "soak_until")
    op.drop_column("review", "depth")
    op.drop_column("review", "signals")

    with op.batch_alter_table("review_moment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_moment_entry_id"))

    op.drop_table("review_moment")
    with op.batch_alter_table("review_evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_evidence_review_id"))
        batch_op.drop_index(batch_op.f("ix_review_evidence_factor_id"))
        batch_op.drop_index(batch_op.f("ix_review_evidence_entry_id"))

    op.drop_table("review_evidence")
    with op.batch_alter_table("perspective_moment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_perspective_moment_perspective_id"))

    op.drop_table("perspective_moment")
    with op.batch_alter_table("meeting_guest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_guest_person_id"))

    op.drop_table("meeting_guest")
    with op.batch_alter_table("survey_turn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_survey_turn_person_id"))

    op.drop_table("survey_turn")
    with op.batch_alter_table("survey_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_survey_answer_review_id"))

    op.drop_table("survey_answer")
    with op.batch_alter_table("sign_off", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_off_person_id"))

    op.drop_table("sign_off")
    op.drop_table("review_variant")
    with op.batch_alter_table("review_presence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_presence_seen_at"))

    op.drop_table("review_presence")
    with op.batch_alter_table("review_participant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_participant_person_id"))

    op.drop_table("review_participant")
    with op.batch_alter_table("review_meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_meeting_review_id"))

    op.drop_table("review_meeting")
    with op.batch_alter_table("perspective", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_perspective_person_id"))

    op.drop_table("perspective")
    with op.batch_alter_table("likeness_verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_likeness_verdict_other_id"))

    op.drop_table("likeness_verdict")
    op.drop_table("wording_term")
    op.drop_table("wording_dismissal")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_record")

    op.drop_table("attachment")
