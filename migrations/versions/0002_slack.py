"""What the tracker knows about Slack."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slack_installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.String(30), nullable=False),
        sa.Column("team_name", sa.String(200), nullable=False),
        sa.Column("bot_token_encrypted", sa.Text(), nullable=False),
        sa.Column("bot_user_id", sa.String(30), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("installed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_installation")),
        sa.UniqueConstraint("team_id", name=op.f("uq_slack_installation_team_id")),
    )
    op.create_table(
        "slack_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.String(30), nullable=False),
        sa.Column("slack_user_id", sa.String(30), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("dm_channel_id", sa.String(30), nullable=False),
        sa.Column("wants_reminders", sa.Boolean(), nullable=False),
        sa.Column("wants_digest", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_slack_user_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_user")),
        sa.UniqueConstraint(
            "team_id", "slack_user_id", name=op.f("uq_slack_user_team_id_slack_user_id")
        ),
    )
    op.create_index(op.f("ix_slack_user_person_id"), "slack_user", ["person_id"], unique=False)
    op.create_table(
        "slack_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.String(30), nullable=False),
        sa.Column("channel_id", sa.String(30), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("card_ts", sa.String(30), nullable=False),
        sa.Column("topic_text", sa.String(250), nullable=False),
        sa.Column("invited", sa.JSON(), nullable=False),
        sa.Column("told_until", sa.DateTime(), nullable=True),
        sa.Column("archived_at", sa.DateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
            name=op.f("fk_slack_channel_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_channel")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_slack_channel_incident_id")),
    )
    op.create_index(op.f("ix_slack_channel_channel_id"), "slack_channel", ["channel_id"])
    op.create_table(
        "slack_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(150), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("team_id", sa.String(30), nullable=False),
        sa.Column("channel_id", sa.String(30), nullable=False),
        sa.Column("ts", sa.String(30), nullable=False),
        sa.Column("record_kind", sa.String(20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_message")),
        sa.UniqueConstraint("once", name=op.f("uq_slack_message_once")),
    )
    op.create_index(
        "ix_slack_message_record", "slack_message", ["record_kind", "record_id", "kind"]
    )
    op.create_index("ix_slack_message_channel_id_ts", "slack_message", ["channel_id", "ts"])
    op.create_table(
        "slack_received",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_text", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_received")),
        sa.UniqueConstraint("key_text", name=op.f("uq_slack_received_key_text")),
    )
    op.create_index(op.f("ix_slack_received_at"), "slack_received", ["at"])
    op.create_table(
        "slack_pinned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.String(30), nullable=False),
        sa.Column("channel_id", sa.String(30), nullable=False),
        sa.Column("message_ts", sa.String(30), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["timeline_entry.id"],
            name=op.f("fk_slack_pinned_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_pinned")),
        sa.UniqueConstraint(
            "channel_id", "message_ts", name=op.f("uq_slack_pinned_channel_id_message_ts")
        ),
    )
    op.create_index(op.f("ix_slack_pinned_entry_id"), "slack_pinned", ["entry_id"])
    op.create_table(
        "slack_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("slack_file_id", sa.String(30), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("mime", sa.String(100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["timeline_entry.id"],
            name=op.f("fk_slack_file_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_file")),
        sa.UniqueConstraint(
            "entry_id", "slack_file_id", name=op.f("uq_slack_file_entry_id_slack_file_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("slack_file")
    op.drop_index(op.f("ix_slack_pinned_entry_id"), table_name="slack_pinned")
    op.drop_table("slack_pinned")
    op.drop_index(op.f("ix_slack_received_at"), table_name="slack_received")
    op.drop_table("slack_received")
    op.drop_index("ix_slack_message_channel_id_ts", table_name="slack_message")
    op.drop_index("ix_slack_message_record", table_name="slack_message")
    op.drop_table("slack_message")
    op.drop_index(op.f("ix_slack_channel_channel_id"), table_name="slack_channel")
    op.drop_table("slack_channel")
    op.drop_index(op.f("ix_slack_user_person_id"), table_name="slack_user")
    op.drop_table("slack_user")
    op.drop_table("slack_installation")
