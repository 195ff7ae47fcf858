"""Operational events, procedures, the calendar, and configuration from files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("key_pattern", sa.String(200), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("minutes_firing", sa.Integer(), nullable=False),
        sa.Column("group_by", sa.JSON(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("managed_by", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
        sa.UniqueConstraint("slug", name=op.f("uq_alert_rule_slug")),
    )
    op.create_table(
        "alert_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("key_hash_before", sa.String(64), nullable=False),
        sa.Column("signing_secret_encrypted", sa.Text(), nullable=False),
        sa.Column("signing_secret_before_encrypted", sa.Text(), nullable=False),
        sa.Column("before_until", sa.DateTime(), nullable=True),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("raw_days", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_received_at", sa.DateTime(), nullable=True),
        sa.Column("last_trouble", sa.String(500), nullable=False),
        sa.Column("last_trouble_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_source")),
        sa.UniqueConstraint("sender", "name", name=op.f("uq_alert_source_sender_name")),
    )
    with op.batch_alter_table("alert_source", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_source_key_hash"), ["key_hash"], unique=False)

    op.create_table(
        "calendar_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("uid", sa.String(300), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("managed_by", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["circle_id"], ["circle.id"], name=op.f("fk_calendar_entry_circle_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["person.id"], name=op.f("fk_calendar_entry_owner_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_calendar_entry_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_entry")),
        sa.UniqueConstraint("uid", name=op.f("uq_calendar_entry_uid")),
    )
    with op.batch_alter_table("calendar_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_calendar_entry_circle_id",
            ["circle_id"],
            unique=False,
            sqlite_where=sa.text("circle_id IS NOT NULL"),
            postgresql_where=sa.text("circle_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_calendar_entry_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(
            "ix_calendar_entry_starts_at_ends_at", ["starts_at", "ends_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_calendar_entry_team_id"), ["team_id"], unique=False)

    op.create_table(
        "config_apply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("commit_text", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_config_apply_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config_apply")),
    )
    op.create_table(
        "intake_payload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["alert_source.id"],
            name=op.f("fk_intake_payload_source_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_payload")),
        sa.UniqueConstraint(
            "source_id", "delivery_id", name=op.f("uq_intake_payload_source_id_delivery_id")
        ),
    )
    with op.batch_alter_table("intake_payload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intake_payload_at"), ["at"], unique=False)

    op.create_table(
        "procedure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("escalation", sa.Text(), nullable=False),
        sa.Column("review_every_days", sa.Integer(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("validated_by_id", sa.Integer(), nullable=True),
        sa.Column("validated_at", sa.DateTime(), nullable=True),
        sa.Column("validated_version", sa.Integer(), nullable=False),
        sa.Column("managed_by", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_procedure_circle_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_procedure_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_procedure_team_id")),
        sa.ForeignKeyConstraint(
            ["validated_by_id"], ["person.id"], name=op.f("fk_procedure_validated_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure")),
        sa.UniqueConstraint("slug", name=op.f("uq_procedure_slug")),
    )
    with op.batch_alter_table("procedure", schema=None) as batch_op:
        batch_op.create_index(
            "ix_procedure_circle_id",
            ["circle_id"],
            unique=False,
            sqlite_where=sa.text("circle_id IS NOT NULL"),
            postgresql_where=sa.text("circle_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_procedure_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_procedure_review_on"), ["review_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_procedure_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_procedure_team_id"), ["team_id"], unique=False)
        batch_op.create_index("ix_procedure_title_id", ["title", "id"], unique=False)
        batch_op.create_index("ix_procedure_updated_at_id", ["updated_at", "id"], unique=False)

    op.create_table(
        "alert_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_key", sa.String(200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("owner_team_id", sa.Integer(), nullable=True),
        sa.Column("procedure_id", sa.Integer(), nullable=True),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("managed_by", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_team_id"], ["team.id"], name=op.f("fk_alert_key_owner_team_id")
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"], ["procedure.id"], name=op.f("fk_alert_key_procedure_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_alert_key_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_key")),
        sa.UniqueConstraint("alert_key", name=op.f("uq_alert_key_alert_key")),
    )
    with op.batch_alter_table("alert_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_alert_key_owner_team_id"), ["owner_team_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_alert_key_procedure_id"), ["procedure_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_alert_key_service_id"), ["service_id"], unique=False)

    op.create_table(
        "auto_declared",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_slug", sa.String(60), nullable=False),
        sa.Column("group_text", sa.String(500), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_auto_declared_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_declared")),
        sa.UniqueConstraint(
            "rule_slug", "group_text", name=op.f("uq_auto_declared_rule_slug_group_text")
        ),
    )
    with op.batch_alter_table("auto_declared", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_auto_declared_incident_id"), ["incident_id"], unique=False
        )

    op.create_table(
        "calendar_service",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["calendar_entry.id"],
            name=op.f("fk_calendar_service_entry_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name=op.f("fk_calendar_service_service_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "service_id", name=op.f("pk_calendar_service")),
    )
    with op.batch_alter_table("calendar_service", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_calendar_service_service_id"), ["service_id"], unique=False
        )

    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("circle_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("service_name", sa.String(200), nullable=False),
        sa.Column("environment", sa.String(60), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("instance_key", sa.String(200), nullable=False),
        sa.Column("alert_key", sa.String(200), nullable=False),
        sa.Column("group_key", sa.String(200), nullable=False),
        sa.Column("series_key", sa.String(64), nullable=False),
        sa.Column("sender_severity", sa.String(60), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("times_seen", sa.Integer(), nullable=False),
        sa.Column("recent_starts", sa.JSON(), nullable=False),
        sa.Column("flapping", sa.Boolean(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("procedure_url", sa.String(2000), nullable=False),
        sa.Column("reported_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["circle_id"], ["circle.id"], name=op.f("fk_event_circle_id")),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["person.id"], name=op.f("fk_event_reported_by_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_event_service_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["alert_source.id"], name=op.f("fk_event_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_alert_key_starts_at", ["alert_key", "starts_at"], unique=False
        )
        batch_op.create_index(
            "ix_event_circle_id",
            ["circle_id"],
            unique=False,
            sqlite_where=sa.text("circle_id IS NOT NULL"),
            postgresql_where=sa.text("circle_id IS NOT NULL"),
        )
        batch_op.create_index("ix_event_kind_starts_at", ["kind", "starts_at"], unique=False)
        batch_op.create_index("ix_event_last_seen_at_id", ["last_seen_at", "id"], unique=False)
        batch_op.create_index(
            "ix_event_series_key_starts_at", ["series_key", "starts_at"], unique=False
        )
        batch_op.create_index(
            "ix_event_service_id_starts_at", ["service_id", "starts_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_event_source_id"), ["source_id"], unique=False)
        batch_op.create_index("ix_event_starts_at_id", ["starts_at", "id"], unique=False)
        batch_op.create_index("ix_event_state_starts_at", ["state", "starts_at"], unique=False)
        batch_op.create_index(
            "uq_event_source_id_instance_key",
            ["source_id", "instance_key"],
            unique=True,
            sqlite_where=sa.text("instance_key <> ''"),
            postgresql_where=sa.text("instance_key <> ''"),
        )

    op.create_table(
        "procedure_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_procedure_run_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"], ["procedure.id"], name=op.f("fk_procedure_run_procedure_id")
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["person.id"], name=op.f("fk_procedure_run_started_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_run")),
    )
    with op.batch_alter_table("procedure_run", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_procedure_run_incident_id"), ["incident_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_procedure_run_procedure_id"), ["procedure_id"], unique=False
        )

    op.create_table(
        "procedure_service",
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedure.id"],
            name=op.f("fk_procedure_service_procedure_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name=op.f("fk_procedure_service_service_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("procedure_id", "service_id", name=op.f("pk_procedure_service")),
    )
    with op.batch_alter_table("procedure_service", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_procedure_service_service_id"), ["service_id"], unique=False
        )

    op.create_table(
        "procedure_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_procedure_version_by_id")),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedure.id"],
            name=op.f("fk_procedure_version_procedure_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_version")),
        sa.UniqueConstraint(
            "procedure_id", "number", name=op.f("uq_procedure_version_procedure_id_number")
        ),
    )
    op.create_table(
        "change_detail",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("change_kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("revision", sa.String(200), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("rolled_back_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_change_detail_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rolled_back_by_id"], ["event.id"], name=op.f("fk_change_detail_rolled_back_by_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_change_detail")),
    )
    with op.batch_alter_table("change_detail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_detail_revision"), ["revision"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_change_detail_rolled_back_by_id"), ["rolled_back_by_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_change_detail_status"), ["status"], unique=False)

    op.create_table(
        "change_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_change_link_by_id")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_change_link_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_change_link_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_link")),
        sa.UniqueConstraint(
            "incident_id", "event_id", "role", name=op.f("uq_change_link_incident_id_event_id_role")
        ),
    )
    with op.batch_alter_table("change_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_link_event_id"), ["event_id"], unique=False)

    op.create_table(
        "event_incident",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("linked_at", sa.DateTime(), nullable=False),
        sa.Column("linked_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_incident_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_event_incident_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["linked_by_id"], ["person.id"], name=op.f("fk_event_incident_linked_by_id")
        ),
        sa.PrimaryKeyConstraint("event_id", "incident_id", name=op.f("pk_event_incident")),
    )
    with op.batch_alter_table("event_incident", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_event_incident_incident_id"), ["incident_id"], unique=False
        )

    op.create_table(
        "procedure_fault",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("mended_at", sa.DateTime(), nullable=True),
        sa.Column("mended_by_id", sa.Integer(), nullable=True),
        sa.Column("mended_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_procedure_fault_by_id")),
        sa.ForeignKeyConstraint(
            ["mended_by_id"], ["person.id"], name=op.f("fk_procedure_fault_mended_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedure.id"],
            name=op.f("fk_procedure_fault_procedure_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["procedure_run.id"], name=op.f("fk_procedure_fault_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_fault")),
    )
    with op.batch_alter_table("procedure_fault", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_procedure_fault_procedure_id"), ["procedure_id"], unique=False
        )

    op.create_table(
        "procedure_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(20), nullable=False),
        sa.Column("note", sa.String(2000), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_procedure_step_by_id")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["timeline_entry.id"], name=op.f("fk_procedure_step_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["procedure_run.id"],
            name=op.f("fk_procedure_step_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_step")),
    )
    with op.batch_alter_table("procedure_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_procedure_step_run_id"), ["run_id"], unique=False)

    op.add_column(
        "factor_term", sa.Column("managed_by", sa.String(300), nullable=False, server_default="")
    )
    op.add_column(
        "factor_term", sa.Column("examples", sa.JSON(), nullable=False, server_default="[]")
    )

    op.add_column(
        "policy_version", sa.Column("managed_by", sa.String(300), nullable=False, server_default="")
    )

    op.add_column(
        "review_template",
        sa.Column("managed_by", sa.String(300), nullable=False, server_default=""),
    )

    op.add_column("service", sa.Column("escalation", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "service", sa.Column("status_url", sa.String(2000), nullable=False, server_default="")
    )
    op.add_column(
        "service", sa.Column("managed_by", sa.String(300), nullable=False, server_default="")
    )

    op.add_column(
        "team", sa.Column("managed_by", sa.String(300), nullable=False, server_default="")
    )

    op.create_table(
        "transcript",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("shown_at", sa.DateTime(), nullable=True),
        sa.Column("take_at", sa.DateTime(), nullable=True),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["person.id"], name=op.f("fk_transcript_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_transcript_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_transcript_incident_id")),
    )
    op.create_table(
        "transcript_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transcript_id", sa.Integer(), nullable=False),
        sa.Column("message_ts", sa.String(30), nullable=False),
        sa.Column("thread_ts", sa.String(30), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(200), nullable=False),
        sa.Column("slack_user_id", sa.String(30), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_transcript_message_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcript.id"],
            name=op.f("fk_transcript_message_transcript_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript_message")),
        sa.UniqueConstraint(
            "transcript_id",
            "message_ts",
            name=op.f("uq_transcript_message_transcript_id_message_ts"),
        ),
    )
    with op.batch_alter_table("transcript_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_transcript_message_place",
            ["transcript_id", "thread_ts", "message_ts"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_transcript_message_author_id"), ["author_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("transcript_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transcript_message_author_id"))
        batch_op.drop_index("ix_transcript_message_place")

    op.drop_table("transcript_message")
    op.drop_table("transcript")
    op.drop_column("team", "managed_by")

    op.drop_column("service", "managed_by")
    op.drop_column("service", "status_url")
    op.drop_column("service", "escalation")

    op.drop_column("review_template", "managed_by")

    op.drop_column("policy_version", "managed_by")

    op.drop_column("factor_term", "examples")
    op.drop_column("factor_term", "managed_by")

    with op.batch_alter_table("procedure_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_procedure_step_run_id"))

    op.drop_table("procedure_step")
    with op.batch_alter_table("procedure_fault", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_procedure_fault_procedure_id"))

    op.drop_table("procedure_fault")
    with op.batch_alter_table("event_incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_incident_incident_id"))

    op.drop_table("event_incident")
    with op.batch_alter_table("change_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_link_event_id"))

    op.drop_table("change_link")
    with op.batch_alter_table("change_detail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_detail_status"))
        batch_op.drop_index(batch_op.f("ix_change_detail_rolled_back_by_id"))
        batch_op.drop_index(batch_op.f("ix_change_detail_revision"))

    op.drop_table("change_detail")
    op.drop_table("procedure_version")
    with op.batch_alter_table("procedure_service", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_procedure_service_service_id"))

    op.drop_table("procedure_service")
    with op.batch_alter_table("procedure_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_procedure_run_procedure_id"))
        batch_op.drop_index(batch_op.f("ix_procedure_run_incident_id"))

    op.drop_table("procedure_run")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_event_source_id_instance_key",
            sqlite_where=sa.text("instance_key <> ''"),
            postgresql_where=sa.text("instance_key <> ''"),
        )
        batch_op.drop_index("ix_event_state_starts_at")
        batch_op.drop_index("ix_event_starts_at_id")
        batch_op.drop_index(batch_op.f("ix_event_source_id"))
        batch_op.drop_index("ix_event_service_id_starts_at")
        batch_op.drop_index("ix_event_series_key_starts_at")
        batch_op.drop_index("ix_event_last_seen_at_id")
        batch_op.drop_index("ix_event_kind_starts_at")
        batch_op.drop_index(
            "ix_event_circle_id",
            sqlite_where=sa.text("circle_id IS NOT NULL"),
            postgresql_where=sa.text("circle_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_event_alert_key_starts_at")

    op.drop_table("event")
    with op.batch_alter_table("calendar_service", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_service_service_id"))

    op.drop_table("calendar_service")
    with op.batch_alter_table("auto_declared", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_auto_declared_incident_id"))

    op.drop_table("auto_declared")
    with op.batch_alter_table("alert_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_key_service_id"))
        batch_op.drop_index(batch_op.f("ix_alert_key_procedure_id"))
        batch_op.drop_index(batch_op.f("ix_alert_key_owner_team_id"))

    op.drop_table("alert_key")
    with op.batch_alter_table("procedure", schema=None) as batch_op:
        batch_op.drop_index("ix_procedure_updated_at_id")
        batch_op.drop_index("ix_procedure_title_id")
        batch_op.drop_index(batch_op.f("ix_procedure_team_id"))
        batch_op.drop_index(batch_op.f("ix_procedure_state"))
        batch_op.drop_index(batch_op.f("ix_procedure_review_on"))
        batch_op.drop_index(batch_op.f("ix_procedure_owner_id"))
        batch_op.drop_index(
            "ix_procedure_circle_id",
            sqlite_where=sa.text("circle_id IS NOT NULL"),
            postgresql_where=sa.text("circle_id IS NOT NULL"),
        )

    op.drop_table("procedure")
    with op.batch_alter_table("intake_payload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intake_payload_at"))

    op.drop_table("intake_payload")
    op.drop_table("config_apply")
    with op.batch_alter_table("calendar_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_entry_team_id"))
        batch_op.drop_index("ix_calendar_entry_starts_at_ends_at")
        batch_op.drop_index(batch_op.f("ix_calendar_entry_owner_id"))
        batch_op.drop_index(
            "ix_calendar_entry_circle_id",
            sqlite_where=sa.text("circle_id IS NOT NULL"),
            postgresql_where=sa.text("circle_id IS NOT NULL"),
        )

    op.drop_table("calendar_entry")
    with op.batch_alter_table("alert_source", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_source_key_hash"))

    op.drop_table("alert_source")
    op.drop_table("alert_rule")
