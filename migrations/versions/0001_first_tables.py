"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "circle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visibility", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle")),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(60), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.UniqueConstraint(
            "kind",
            "record_kind",
            "record_id",
            "mark",
            name=op.f("uq_clock_kind_record_kind_record_id_mark"),
        ),
    )
    op.create_index(
        "ix_clock_waiting",
        "clock",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "factor_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(60), nullable=False),
        sa.Column("group_key", sa.String(60), nullable=False),
        sa.Column("group_name", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_term")),
        sa.UniqueConstraint("term", name=op.f("uq_factor_term_term")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("indexed_until", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
        sa.UniqueConstraint("worker", name=op.f("uq_heartbeat_worker")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("key_text", sa.String(200), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("owner", "key_text", name=op.f("uq_idempotency_key_owner_key_text")),
    )
    op.create_index(op.f("ix_idempotency_key_at"), "idempotency_key", ["at"], unique=False)
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
    )
    op.create_index(
        "ix_outbox_event_incident_id_id", "outbox_event", ["incident_id", "id"], unique=False
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(60), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
        sa.UniqueConstraint("version", name=op.f("uq_policy_version_version")),
    )
    op.create_table(
        "review_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_key", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_template")),
        sa.UniqueConstraint(
            "template_key", "version", name=op.f("uq_review_template_template_key_version")
        ),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_at"), "sign_in_attempt", ["at"], unique=False)
    op.create_index(
        "ix_sign_in_attempt_bucket_at", "sign_in_attempt", ["bucket", "at"], unique=False
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("slug", name=op.f("uq_team_slug")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("scopes", sa.String(60), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_person_id"), "api_token", ["person_id"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("verb", sa.String(60), nullable=False),
        sa.Column("record_kind", sa.String(30), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_entry_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(
        "ix_audit_entry_record", "audit_entry", ["record_kind", "record_id"], unique=False
    )
    op.create_table(
        "circle_member",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["circle_id"],
            ["circle.id"],
            name=op.f("fk_circle_member_circle_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_circle_member_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("circle_id", "person_id", name=op.f("pk_circle_member")),
    )
    op.create_index(
        op.f("ix_circle_member_person_id"), "circle_member", ["person_id"], unique=False
    )
    op.create_table(
        "circle_team",
        sa.Column("circle_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["circle_id"], ["circle.id"], name=op.f("fk_circle_team_circle_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_circle_team_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("circle_id", "team_id", name=op.f("pk_circle_team")),
    )
    op.create_index(op.f("ix_circle_team_team_id"), "circle_team", ["team_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.String(60), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox_event.id"], name=op.f("fk_delivery_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("event_id", "subscriber", name=op.f("uq_delivery_event_id_subscriber")),
    )
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["run_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_delivery_status", "delivery", ["status"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("impact_text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("impact", sa.String(20), nullable=False),
        sa.Column("urgency", sa.String(20), nullable=False),
        sa.Column("declared_at", sa.DateTime(), nullable=False),
        sa.Column("declared_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_afterwards", sa.Boolean(), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("next_update_at", sa.DateTime(), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("almost_happened", sa.Text(), nullable=False),
        sa.Column("what_saved_us", sa.Text(), nullable=False),
        sa.Column("would_help", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_incident_circle_id")),
        sa.ForeignKeyConstraint(
            ["declared_by_id"], ["person.id"], name=op.f("fk_incident_declared_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["incident.id"], name=op.f("fk_incident_merged_into_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(
        "ix_incident_circle_id",
        "incident",
        ["circle_id"],
        unique=False,
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.create_index("ix_incident_severity_id", "incident", ["severity", "id"], unique=False)
    op.create_index("ix_incident_title_id", "incident", ["title", "id"], unique=False)
    op.create_index("ix_incident_updated_at_id", "incident", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_incident_declared_at"), "incident", ["declared_at"], unique=False)
    op.create_index(
        op.f("ix_incident_declared_by_id"), "incident", ["declared_by_id"], unique=False
    )
    op.create_index(
        op.f("ix_incident_merged_into_id"), "incident", ["merged_into_id"], unique=False
    )
    op.create_index(
        op.f("ix_incident_next_update_at"), "incident", ["next_update_at"], unique=False
    )
    op.create_index(
        "ix_incident_severity_declared_at", "incident", ["severity", "declared_at"], unique=False
    )
    op.create_index(
        "ix_incident_state_declared_at", "incident", ["state", "declared_at"], unique=False
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("once", sa.String(100), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("person_id", "once", name=op.f("uq_notice_person_id_once")),
    )
    op.create_index(op.f("ix_notice_person_id"), "notice", ["person_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("template_key", sa.String(60), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("facilitator_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("published_version", sa.Integer(), nullable=False),
        sa.Column("waived_until", sa.Date(), nullable=True),
        sa.Column("approver_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_review_approver_id")),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_review_circle_id")),
        sa.ForeignKeyConstraint(
            ["facilitator_id"], ["person.id"], name=op.f("fk_review_facilitator_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_review_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(
        "ix_review_circle_id",
        "review",
        ["circle_id"],
        unique=False,
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.create_index("ix_review_created_at_id", "review", ["created_at", "id"], unique=False)
    op.create_index("ix_review_updated_at_id", "review", ["updated_at", "id"], unique=False)
    op.create_index("ix_review_title_id", "review", ["title", "id"], unique=False)
    op.create_index(op.f("ix_review_facilitator_id"), "review", ["facilitator_id"], unique=False)
    op.create_index(op.f("ix_review_owner_id"), "review", ["owner_id"], unique=False)
    op.create_index(op.f("ix_review_published_at"), "review", ["published_at"], unique=False)
    op.create_index("ix_review_state_due_on", "review", ["state", "due_on"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("owner_team_id", sa.Integer(), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_team_id"], ["team.id"], name=op.f("fk_service_owner_team_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("slug", name=op.f("uq_service_slug")),
    )
    op.create_index(op.f("ix_service_owner_team_id"), "service", ["owner_team_id"], unique=False)
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_link_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_link_person_id"), "sign_in_link", ["person_id"], unique=False)
    op.create_table(
        "state_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(30), nullable=False),
        sa.Column("from_state", sa.String(20), nullable=False),
        sa.Column("to_state", sa.String(20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_state_move_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_state_move")),
    )
    op.create_index(
        "ix_state_move_record", "state_move", ["record_kind", "record_id"], unique=False
    )
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_team_member_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_team_member_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "person_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_person_id"), "team_member", ["person_id"], unique=False)
    op.create_table(
        "action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("strength", sa.String(20), nullable=False),
        sa.Column("priority", sa.String(20), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("review_id", sa.Integer(), nullable=True),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("accept_by", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("expected_effect", sa.Text(), nullable=False),
        sa.Column("where_to_look", sa.Text(), nullable=False),
        sa.Column("check_on", sa.Date(), nullable=True),
        sa.Column("external_url", sa.String(2000), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("risk_until", sa.Date(), nullable=True),
        sa.Column("approver_id", sa.Integer(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.Column("recurred_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_action_approver_id")),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_action_circle_id")),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_action_incident_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_action_owner_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_action_review_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_action_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    op.create_index(op.f("ix_action_check_on"), "action", ["check_on"], unique=False)
    op.create_index(
        "ix_action_circle_id",
        "action",
        ["circle_id"],
        unique=False,
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.create_index("ix_action_created_at_id", "action", ["created_at", "id"], unique=False)
    op.create_index("ix_action_updated_at_id", "action", ["updated_at", "id"], unique=False)
    op.create_index("ix_action_priority_id", "action", ["priority", "id"], unique=False)
    op.create_index(op.f("ix_action_incident_id"), "action", ["incident_id"], unique=False)
    op.create_index(op.f("ix_action_owner_id"), "action", ["owner_id"], unique=False)
    op.create_index(op.f("ix_action_review_id"), "action", ["review_id"], unique=False)
    op.create_index("ix_action_state_due_on", "action", ["state", "due_on"], unique=False)
    op.create_index(op.f("ix_action_team_id"), "action", ["team_id"], unique=False)
    op.create_table(
        "imported_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("collection", sa.String(60), nullable=False),
        sa.Column("source_id", sa.String(200), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("licence", sa.String(200), nullable=False),
        sa.Column("attribution", sa.String(2000), nullable=False),
        sa.Column("original_markdown", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_imported_source_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_source")),
        sa.UniqueConstraint(
            "collection", "source_id", name=op.f("uq_imported_source_collection_source_id")
        ),
    )
    op.create_index(
        op.f("ix_imported_source_incident_id"), "imported_source", ["incident_id"], unique=False
    )
    op.create_table(
        "incident_service",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_service_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_incident_service_service_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", "service_id", name=op.f("pk_incident_service")),
    )
    op.create_index(
        op.f("ix_incident_service_service_id"), "incident_service", ["service_id"], unique=False
    )
    op.create_table(
        "incident_tag",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(50), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_tag_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("incident_id", "tag", name=op.f("pk_incident_tag")),
    )
    op.create_index(op.f("ix_incident_tag_tag"), "incident_tag", ["tag"], unique=False)
    op.create_table(
        "incident_team",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_team_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_incident_team_team_id")),
        sa.PrimaryKeyConstraint("incident_id", "team_id", name=op.f("pk_incident_team")),
    )
    op.create_index(op.f("ix_incident_team_team_id"), "incident_team", ["team_id"], unique=False)
    op.create_table(
        "incident_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=True),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("unknown_because", sa.String(2000), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_incident_time_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_incident_time_recorded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_time")),
    )
    op.create_index(
        "ix_incident_time_incident_id_name", "incident_time", ["incident_id", "name"], unique=False
    )
    op.create_table(
        "lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("insight", sa.Text(), nullable=False),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("review_id", sa.Integer(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("others_exposed", sa.Boolean(), nullable=False),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_lesson_circle_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_lesson_owner_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_lesson_review_id")),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["lesson.id"], name=op.f("fk_lesson_superseded_by_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_lesson_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
    )
    op.create_index(
        "ix_lesson_circle_id",
        "lesson",
        ["circle_id"],
        unique=False,
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.create_index("ix_lesson_created_at_id", "lesson", ["created_at", "id"], unique=False)
    op.create_index("ix_lesson_updated_at_id", "lesson", ["updated_at", "id"], unique=False)
    op.create_index("ix_lesson_title_id", "lesson", ["title", "id"], unique=False)
    op.create_index(op.f("ix_lesson_owner_id"), "lesson", ["owner_id"], unique=False)
    op.create_index(op.f("ix_lesson_published_at"), "lesson", ["published_at"], unique=False)
    op.create_index(op.f("ix_lesson_review_by"), "lesson", ["review_by"], unique=False)
    op.create_index(op.f("ix_lesson_review_id"), "lesson", ["review_id"], unique=False)
    op.create_index("ix_lesson_state_circle_id", "lesson", ["state", "circle_id"], unique=False)
    op.create_index(
        "ix_lesson_others_exposed",
        "lesson",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("others_exposed IS 1"),
        postgresql_where=sa.text("others_exposed IS TRUE"),
    )
    op.create_index(
        op.f("ix_lesson_superseded_by_id"), "lesson", ["superseded_by_id"], unique=False
    )
    op.create_index(op.f("ix_lesson_team_id"), "lesson", ["team_id"], unique=False)
    op.create_table(
        "review_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("choice", sa.String(60), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_answer_review_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["person.id"], name=op.f("fk_review_answer_updated_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_answer")),
        sa.UniqueConstraint(
            "review_id", "question", name=op.f("uq_review_answer_review_id_question")
        ),
    )
    op.create_table(
        "review_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(60), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_sense", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_factor_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_factor")),
    )
    op.create_index(
        op.f("ix_review_factor_review_id"), "review_factor", ["review_id"], unique=False
    )
    op.create_index(op.f("ix_review_factor_term"), "review_factor", ["term"], unique=False)
    op.create_table(
        "review_incident",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_review_incident_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_incident_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("review_id", "incident_id", name=op.f("pk_review_incident")),
    )
    op.create_index(
        op.f("ix_review_incident_incident_id"), "review_incident", ["incident_id"], unique=False
    )
    op.create_table(
        "review_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["person.id"], name=op.f("fk_review_version_published_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
            name=op.f("fk_review_version_review_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_version")),
        sa.UniqueConstraint("review_id", "number", name=op.f("uq_review_version_review_id_number")),
    )
    op.create_table(
        "role_assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(60), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(), nullable=False),
        sa.Column("until_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_role_assignment_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_role_assignment_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignment")),
    )
    op.create_index(
        op.f("ix_role_assignment_incident_id"), "role_assignment", ["incident_id"], unique=False
    )
    op.create_index(
        op.f("ix_role_assignment_person_id"), "role_assignment", ["person_id"], unique=False
    )
    op.create_table(
        "service_dependency",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("depends_on_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["depends_on_id"],
            ["service.id"],
            name=op.f("fk_service_dependency_depends_on_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name=op.f("fk_service_dependency_service_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_id", "depends_on_id", name=op.f("pk_service_dependency")),
    )
    op.create_index(
        op.f("ix_service_dependency_depends_on_id"),
        "service_dependency",
        ["depends_on_id"],
        unique=False,
    )
    op.create_table(
        "service_tag",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(50), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name=op.f("fk_service_tag_service_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_id", "tag", name=op.f("pk_service_tag")),
    )
    op.create_table(
        "severity_assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("impact", sa.String(20), nullable=False),
        sa.Column("urgency", sa.String(20), nullable=False),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["person.id"], name=op.f("fk_severity_assessment_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_severity_assessment_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severity_assessment")),
    )
    op.create_index(
        op.f("ix_severity_assessment_incident_id"),
        "severity_assessment",
        ["incident_id"],
        unique=False,
    )
    op.create_table(
        "status_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("next_update_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_status_update_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_status_update_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_update")),
    )
    op.create_index(
        op.f("ix_status_update_incident_id"), "status_update", ["incident_id"], unique=False
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_task_incident_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_task_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_incident_id"), "task", ["incident_id"], unique=False)
    op.create_index(op.f("ix_task_owner_id"), "task", ["owner_id"], unique=False)
    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source_url", sa.String(2000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.Column("retracted_at", sa.DateTime(), nullable=True),
        sa.Column("at_text", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_timeline_entry_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_timeline_entry_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entry")),
    )
    op.create_index(
        "ix_timeline_entry_incident_id_at",
        "timeline_entry",
        ["incident_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "answer_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("choice", sa.String(60), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("merged", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["review_answer.id"],
            name=op.f("fk_answer_revision_answer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_answer_revision_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_revision")),
        sa.UniqueConstraint(
            "answer_id", "version", name=op.f("uq_answer_revision_answer_id_version")
        ),
    )
    op.create_table(
        "lesson_applies_to",
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["lesson.id"],
            name=op.f("fk_lesson_applies_to_lesson_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lesson_id", "kind", "value", name=op.f("pk_lesson_applies_to")),
    )
    op.create_index(
        op.f("ix_lesson_applies_to_value"), "lesson_applies_to", ["value"], unique=False
    )
    op.create_table(
        "lesson_incident",
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_lesson_incident_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["lesson.id"],
            name=op.f("fk_lesson_incident_lesson_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lesson_id", "incident_id", name=op.f("pk_lesson_incident")),
    )
    op.create_index(
        op.f("ix_lesson_incident_incident_id"), "lesson_incident", ["incident_id"], unique=False
    )
    op.create_table(
        "lesson_tag",
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(50), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lesson.id"], name=op.f("fk_lesson_tag_lesson_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lesson_id", "tag", name=op.f("pk_lesson_tag")),
    )
    op.create_index(op.f("ix_lesson_tag_tag"), "lesson_tag", ["tag"], unique=False)
    op.create_table(
        "timeline_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(), nullable=False),
        sa.Column("replaced_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["timeline_entry.id"],
            name=op.f("fk_timeline_revision_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["person.id"], name=op.f("fk_timeline_revision_replaced_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_revision")),
    )
    op.create_index(
        op.f("ix_timeline_revision_entry_id"), "timeline_revision", ["entry_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_timeline_revision_entry_id"), table_name="timeline_revision")
    op.drop_table("timeline_revision")
    op.drop_index(op.f("ix_lesson_tag_tag"), table_name="lesson_tag")
    op.drop_table("lesson_tag")
    op.drop_index(op.f("ix_lesson_incident_incident_id"), table_name="lesson_incident")
    op.drop_table("lesson_incident")
    op.drop_index(op.f("ix_lesson_applies_to_value"), table_name="lesson_applies_to")
    op.drop_table("lesson_applies_to")
    op.drop_table("answer_revision")
    op.drop_index("ix_timeline_entry_incident_id_at", table_name="timeline_entry")
    op.drop_table("timeline_entry")
    op.drop_index(op.f("ix_task_owner_id"), table_name="task")
    op.drop_index(op.f("ix_task_incident_id"), table_name="task")
    op.drop_table("task")
    op.drop_index(op.f("ix_status_update_incident_id"), table_name="status_update")
    op.drop_table("status_update")
    op.drop_index(op.f("ix_severity_assessment_incident_id"), table_name="severity_assessment")
    op.drop_table("severity_assessment")
    op.drop_table("service_tag")
    op.drop_index(op.f("ix_service_dependency_depends_on_id"), table_name="service_dependency")
    op.drop_table("service_dependency")
    op.drop_index(op.f("ix_role_assignment_person_id"), table_name="role_assignment")
    op.drop_index(op.f("ix_role_assignment_incident_id"), table_name="role_assignment")
    op.drop_table("role_assignment")
    op.drop_table("review_version")
    op.drop_index(op.f("ix_review_incident_incident_id"), table_name="review_incident")
    op.drop_table("review_incident")
    op.drop_index(op.f("ix_review_factor_term"), table_name="review_factor")
    op.drop_index(op.f("ix_review_factor_review_id"), table_name="review_factor")
    op.drop_table("review_factor")
    op.drop_table("review_answer")
    op.drop_index(op.f("ix_lesson_team_id"), table_name="lesson")
    op.drop_index(op.f("ix_lesson_superseded_by_id"), table_name="lesson")
    op.drop_index(
        "ix_lesson_others_exposed",
        table_name="lesson",
        sqlite_where=sa.text("others_exposed IS 1"),
        postgresql_where=sa.text("others_exposed IS TRUE"),
    )
    op.drop_index("ix_lesson_state_circle_id", table_name="lesson")
    op.drop_index(op.f("ix_lesson_review_id"), table_name="lesson")
    op.drop_index(op.f("ix_lesson_review_by"), table_name="lesson")
    op.drop_index(op.f("ix_lesson_published_at"), table_name="lesson")
    op.drop_index(op.f("ix_lesson_owner_id"), table_name="lesson")
    op.drop_index("ix_lesson_title_id", table_name="lesson")
    op.drop_index("ix_lesson_updated_at_id", table_name="lesson")
    op.drop_index("ix_lesson_created_at_id", table_name="lesson")
    op.drop_index(
        "ix_lesson_circle_id",
        table_name="lesson",
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.drop_table("lesson")
    op.drop_index("ix_incident_time_incident_id_name", table_name="incident_time")
    op.drop_table("incident_time")
    op.drop_index(op.f("ix_incident_team_team_id"), table_name="incident_team")
    op.drop_table("incident_team")
    op.drop_index(op.f("ix_incident_tag_tag"), table_name="incident_tag")
    op.drop_table("incident_tag")
    op.drop_index(op.f("ix_incident_service_service_id"), table_name="incident_service")
    op.drop_table("incident_service")
    op.drop_index(op.f("ix_imported_source_incident_id"), table_name="imported_source")
    op.drop_table("imported_source")
    op.drop_index(op.f("ix_action_team_id"), table_name="action")
    op.drop_index("ix_action_state_due_on", table_name="action")
    op.drop_index(op.f("ix_action_review_id"), table_name="action")
    op.drop_index(op.f("ix_action_owner_id"), table_name="action")
    op.drop_index(op.f("ix_action_incident_id"), table_name="action")
    op.drop_index("ix_action_priority_id", table_name="action")
    op.drop_index("ix_action_updated_at_id", table_name="action")
    op.drop_index("ix_action_created_at_id", table_name="action")
    op.drop_index(
        "ix_action_circle_id",
        table_name="action",
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_action_check_on"), table_name="action")
    op.drop_table("action")
    op.drop_index(op.f("ix_team_member_person_id"), table_name="team_member")
    op.drop_table("team_member")
    op.drop_index("ix_state_move_record", table_name="state_move")
    op.drop_table("state_move")
    op.drop_index(op.f("ix_sign_in_link_person_id"), table_name="sign_in_link")
    op.drop_table("sign_in_link")
    op.drop_index(op.f("ix_service_owner_team_id"), table_name="service")
    op.drop_table("service")
    op.drop_index("ix_review_state_due_on", table_name="review")
    op.drop_index(op.f("ix_review_published_at"), table_name="review")
    op.drop_index(op.f("ix_review_owner_id"), table_name="review")
    op.drop_index(op.f("ix_review_facilitator_id"), table_name="review")
    op.drop_index("ix_review_title_id", table_name="review")
    op.drop_index("ix_review_updated_at_id", table_name="review")
    op.drop_index("ix_review_created_at_id", table_name="review")
    op.drop_index(
        "ix_review_circle_id",
        table_name="review",
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.drop_table("review")
    op.drop_index(op.f("ix_notice_person_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index("ix_incident_state_declared_at", table_name="incident")
    op.drop_index("ix_incident_severity_declared_at", table_name="incident")
    op.drop_index(op.f("ix_incident_next_update_at"), table_name="incident")
    op.drop_index(op.f("ix_incident_merged_into_id"), table_name="incident")
    op.drop_index(op.f("ix_incident_declared_by_id"), table_name="incident")
    op.drop_index(op.f("ix_incident_declared_at"), table_name="incident")
    op.drop_index("ix_incident_updated_at_id", table_name="incident")
    op.drop_index("ix_incident_title_id", table_name="incident")
    op.drop_index("ix_incident_severity_id", table_name="incident")
    op.drop_index(
        "ix_incident_circle_id",
        table_name="incident",
        sqlite_where=sa.text("circle_id IS NOT NULL"),
        postgresql_where=sa.text("circle_id IS NOT NULL"),
    )
    op.drop_table("incident")
    op.drop_index("ix_delivery_status", table_name="delivery")
    op.drop_index(
        "ix_delivery_pending",
        table_name="delivery",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_table("delivery")
    op.drop_index(op.f("ix_circle_team_team_id"), table_name="circle_team")
    op.drop_table("circle_team")
    op.drop_index(op.f("ix_circle_member_person_id"), table_name="circle_member")
    op.drop_table("circle_member")
    op.drop_index("ix_audit_entry_record", table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index(op.f("ix_api_token_person_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("team")
    op.drop_index("ix_sign_in_attempt_bucket_at", table_name="sign_in_attempt")
    op.drop_index(op.f("ix_sign_in_attempt_at"), table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_table("review_template")
    op.drop_table("policy_version")
    op.drop_table("person")
    op.drop_index("ix_outbox_event_incident_id_id", table_name="outbox_event")
    op.drop_table("outbox_event")
    op.drop_index(op.f("ix_idempotency_key_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_table("heartbeat")
    op.drop_table("factor_term")
    op.drop_index(
        "ix_clock_waiting",
        table_name="clock",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_table("clock")
    op.drop_table("circle")
