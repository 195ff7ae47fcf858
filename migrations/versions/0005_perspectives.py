"""A question for a perspective can be withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0005_perspectives"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("perspective", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("perspective", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_at")
