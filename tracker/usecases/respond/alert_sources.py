"""Who may send us alerts and changes: sources with their secrets, and the messages they sent."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from tracker.db.work import Look, Work
from tracker.domain import asks
from tracker.domain.errors import Gaps, NotFound, NotValid
from tracker.intake.kinds import SIGNED, all_kinds, kind_of
from tracker.intake.mapping import read_mapping
from tracker.models.event import AlertSource
from tracker.senders.slack_tokens import decrypt_token, encrypt_token

KEY_PREFIX = "trs_"
# After a rotation the key of before still works so long, unless the rotation says otherwise.
BOTH_VALID = timedelta(days=7)
MOST_HOURS_BOTH_VALID = 24 * 30
MOST_RAW_DAYS = 365
LONGEST_SECRET = 500
# The same trouble again is not written again so soon: refusing must stay cheaper than sending.
TROUBLE_EVERY = timedelta(seconds=10)
_PURPOSE = b"signing secrets of alert sources at rest"


@dataclass(frozen=True, kw_only=True)
class AddSource:
    """A sender that may send from now on.

    ``signing_secret``: what the sender signs with, where it signs. ``mapping``: JMESPath that says
    where our fields are, for senders of plain JSON. ``raw_days``: how long messages are kept as
    they came; 0 keeps none.
    """

    sender: str
    name: str
    signing_secret: str = ""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    raw_days: int = 7


@dataclass(frozen=True, kw_only=True)
class RotateSecrets:
    """A new key and, when given, a new signing secret; the old ones are good for some hours more.

    ``keep_hours``: ``None`` for a week, 0 ends them now.
    """

    signing_secret: str = ""
    keep_hours: int | None = None


@dataclass(frozen=True, kw_only=True)
class EditSource:
    """New values; ``None`` leaves a field as it is."""

    raw_days: int | None = None
    mapping: Mapping[str, Any] | None = None
    active: bool | None = None


def path_of(source: AlertSource) -> str:
    """Where the source sends to."""
    return f"/hooks/{source.sender}/{source.name}"


def add_source(work: Work, ask: AddSource, *, secret_key: str) -> tuple[AlertSource, str]:
    """(source, secret): what the sender is given, shown this once.

    It is a key, kept as a hash; or, for a sender that signs, its signing secret, made here when
    none was given, and kept encrypted. Raises: NotValid.
    """
    work.permit("edit_alert_source")
    gaps = Gaps()
    kind = kind_of(ask.sender)
    if kind is None:
        gaps.add("sender", f"Choose one of: {', '.join(sorted(all_kinds()))}")
    asks.check_title(gaps, "name", ask.name)
    name = asks.slug_of(ask.name) if isinstance(ask.name, str) else ""
    _check_days(gaps, ask.raw_days)
    sender = kind.name if kind else ""
    _check_signing(gaps, sender, ask.signing_secret)
    _check_mapping(gaps, sender, ask.mapping)
    taken = select(AlertSource.id).where(AlertSource.sender == sender, AlertSource.name == name)
    gaps.unless(
        work.session.exec(taken).first() is None,
        "name",
        f"There is a source “{name}” of this sender already: rotate its secret, or choose a name",
    )
    gaps.raise_not_valid()
    key, signing, shown = _new_secrets(sender, ask.signing_secret)
    row = work.add(
        AlertSource(
            sender=sender,
            name=name,
            key_hash=digest_of(key) if key else "",
            signing_secret_encrypted=_encrypted(signing, secret_key),
            mapping=dict(ask.mapping),
            raw_days=ask.raw_days,
            created_at=work.now,
        )
    )
    return row, shown


def rotate_source(
    work: Work, source: AlertSource, ask: RotateSecrets, *, secret_key: str
) -> tuple[AlertSource, str]:
    """(source, new secret), as add_source. Old and new are both good until ``before_until``.

    Raises: NotValid.
    """
    work.permit("edit_alert_source")
    gaps = Gaps()
    _check_signing(gaps, source.sender, ask.signing_secret)
    hours = ask.keep_hours
    gaps.unless(
        hours is None or 0 <= hours <= MOST_HOURS_BOTH_VALID,
        "keep_hours",
        f"Choose 0 to {MOST_HOURS_BOTH_VALID} hours",
    )
    gaps.raise_not_valid()
    key, signing, shown = _new_secrets(source.sender, ask.signing_secret)
    source.key_hash_before = source.key_hash
    source.signing_secret_before_encrypted = source.signing_secret_encrypted
    source.key_hash = digest_of(key) if key else ""
    if signing:
        source.signing_secret_encrypted = _encrypted(signing, secret_key)
    source.before_until = work.now + (BOTH_VALID if hours is None else timedelta(hours=hours))
    if hours == 0:
        source.key_hash_before = source.signing_secret_before_encrypted = ""
        source.before_until = None
    work.session.flush()
    return source, shown


def edit_source(work: Work, source: AlertSource, ask: EditSource) -> AlertSource:
    """The given fields have their new values; an inactive source is refused. Raises: NotValid."""
    work.permit("edit_alert_source")
    gaps = Gaps()
    if ask.raw_days is not None:
        _check_days(gaps, ask.raw_days)
    if ask.mapping is not None:
        _check_mapping(gaps, source.sender, ask.mapping)
    gaps.raise_not_valid()
    if ask.raw_days is not None:
        source.raw_days = ask.raw_days
    if ask.mapping is not None:
        source.mapping = dict(ask.mapping)
    if ask.active is not None:
        source.active = ask.active
    work.session.flush()
    return source


def remove_source(work: Work, source: AlertSource) -> AlertSource:
    """Nothing is taken from it any more and its secrets are gone; what it told stays."""
    work.permit("edit_alert_source")
    source.active = False
    source.key_hash = source.key_hash_before = ""
    source.signing_secret_encrypted = source.signing_secret_before_encrypted = ""
    source.before_until = None
    work.session.flush()
    return source


def source_by_id(look: Look, source_id: int) -> AlertSource:
    """Raises: NotFound."""
    return look.find(AlertSource, source_id, what="That source")


def source_named(look: Look, sender: str, name: str) -> AlertSource:
    """Raises: NotFound."""
    query = select(AlertSource).where(AlertSource.sender == sender, AlertSource.name == name)
    row = look.session.exec(query).first()
    if row is None:
        raise NotFound(f"A source {sender[:40]}/{name[:60]}")
    return row


def signing_secrets(source: AlertSource, now: datetime, *, secret_key: str) -> list[str]:
    """The signing secrets that are good now, the newest first.

    Raises: TokenUnreadableError when the secret key was changed since.
    """
    kept = [source.signing_secret_encrypted]
    if source.before_until is not None and source.before_until > now:
        kept.append(source.signing_secret_before_encrypted)
    return [decrypt_token(one, secret_key=secret_key, purpose=_PURPOSE) for one in kept if one]


def key_hashes(source: AlertSource, now: datetime) -> list[str]:
    """The hashes of the keys that are good now."""
    kept = [source.key_hash]
    if source.before_until is not None and source.before_until > now:
        kept.append(source.key_hash_before)
    return [one for one in kept if one]


def lacks_secret(source: AlertSource) -> bool:
    """True for a source in use from which nothing can be taken: it came here with an export."""
    return source.active and not (source.key_hash or source.signing_secret_encrypted)


def note_trouble(work: Work, source_id: int, reason: str) -> None:
    """The source shows why its newest message was refused."""
    work.session.execute(
        update(AlertSource)
        .where(col(AlertSource.id) == source_id)
        .values(last_trouble=reason[:500], last_trouble_at=work.now)
    )


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _new_secrets(sender: str, given: str) -> tuple[str, str, str]:
    """(our key, the signing secret, the one of the two that the sender is given)."""
    kind = kind_of(sender)
    if kind is not None and kind.scheme == SIGNED:
        signing = given.strip() or secrets.token_urlsafe(32)
        return "", signing, signing
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, given.strip(), given.strip() or key


def _check_signing(gaps: Gaps, sender: str, secret: str) -> None:
    asks.check_text(gaps, "signing_secret", secret, limit=LONGEST_SECRET)
    kind = kind_of(sender)
    if kind is not None and kind.check is None and str(secret).strip():
        gaps.add("signing_secret", f"{kind.title} does not sign its messages; leave it out")


def _encrypted(secret: str, secret_key: str) -> str:
    given = secret.strip()
    return encrypt_token(given, secret_key=secret_key, purpose=_PURPOSE) if given else ""


def _check_days(gaps: Gaps, days: object) -> None:
    gaps.unless(
        isinstance(days, int) and 0 <= days <= MOST_RAW_DAYS,
        "raw_days",
        f"Choose 0 to {MOST_RAW_DAYS} days; 0 keeps no message as it came",
    )


def _check_mapping(gaps: Gaps, sender: str, mapping: Mapping[str, Any]) -> None:
    if not mapping:
        return
    kind = kind_of(sender)
    if kind is not None and not kind.takes_mapping:
        gaps.add("mapping", f"{kind.title} has a form of its own and takes no mapping")
        return
    try:
        read_mapping(dict(mapping))
    except NotValid as error:
        gaps.found.extend(error.gaps)
