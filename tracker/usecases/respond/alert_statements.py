"""What taking alerts in asks of the database, each statement made once.

In the rush of alerts, making a statement costs more than the database takes for it.
"""

from __future__ import annotations

import sqlalchemy as sa

from tracker.models.catalogue import Service
from tracker.models.event import AlertKey, AlertSource, IntakePayload, OperationalEvent

_EVENT: sa.Table = OperationalEvent.__table__  # type: ignore[attr-defined]
_SOURCE: sa.Table = AlertSource.__table__  # type: ignore[attr-defined]
_PAYLOAD: sa.Table = IntakePayload.__table__  # type: ignore[attr-defined]
_SERVICE: sa.Table = Service.__table__  # type: ignore[attr-defined]
_ALERT_KEY: sa.Table = AlertKey.__table__  # type: ignore[attr-defined]
KNOWN = sa.select(_EVENT.c.id).where(
    _EVENT.c.source_id == sa.bindparam("source"),
    _EVENT.c.instance_key.in_(sa.bindparam("keys", expanding=True)),
)
SERIES = (
    sa.select(_EVENT.c.series_key, sa.func.count())
    .where(
        _EVENT.c.series_key.in_(sa.bindparam("series", expanding=True)),
        _EVENT.c.starts_at > sa.bindparam("since", type_=_EVENT.c.starts_at.type),
    )
    .group_by(_EVENT.c.series_key)
)
SERVICES = sa.select(_SERVICE.c.slug, _SERVICE.c.id).where(
    _SERVICE.c.slug.in_(sa.bindparam("names", expanding=True))
)
CATALOGUED = sa.select(_ALERT_KEY.c.alert_key, _ALERT_KEY.c.service_id).where(
    _ALERT_KEY.c.alert_key.in_(sa.bindparam("names", expanding=True)),
    _ALERT_KEY.c.service_id.is_not(None),
)
HEARD_OF = (
    sa.update(_SOURCE)
    .where(_SOURCE.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(last_received_at=sa.bindparam("now"), last_trouble="", last_trouble_at=None)
)
# What decides whether and how a message of a source is taken.
STAMP_COLUMNS = (
    *(
        _SOURCE.c.id,
        _SOURCE.c.active,
        _SOURCE.c.raw_days,
        _SOURCE.c.mapping,
        _SOURCE.c.before_until,
    ),
    *(_SOURCE.c.key_hash, _SOURCE.c.key_hash_before),
    *(_SOURCE.c.signing_secret_encrypted, _SOURCE.c.signing_secret_before_encrypted),
)
STAMPS = sa.select(*STAMP_COLUMNS).where(
    _SOURCE.c.id.in_(sa.bindparam("ids", expanding=True)), _SOURCE.c.active.is_(True)
)
KEEP = sa.insert(_PAYLOAD)
SEEN = (
    sa.update(_EVENT)
    .where(_EVENT.c.id == sa.bindparam("row_id"))
    .values(times_seen=sa.bindparam("times"), last_seen_at=sa.bindparam("last"))
)
