"""People, tokens and signing in. Passwords with argon2, links and tokens stored as hashes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete
from sqlmodel import col, func, select

from tracker.db.access import person_and_actor
from tracker.db.work import Look, Work
from tracker.domain import asks
from tracker.domain.errors import Gap, Gaps, NotFound, NotValid
from tracker.domain.people import ROLES, SCOPES, Actor
from tracker.models.catalogue import ApiToken, Person, SignInAttempt, SignInLink, TeamMember
from tracker.reading.references import teams_named

LINK_LIFE = timedelta(minutes=30)
# Where notices reach a person besides their home page; empty: in Slack, else by mail.
REMINDERS_BY = ("mail", "none")
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
TOKEN_PREFIX = "trk_"  # noqa: S105 - it lets secret scanners recognise a token, it is none
ATTEMPT_WINDOW = timedelta(minutes=1)
TOUCH_EVERY = timedelta(minutes=5)
_HASHER = PasswordHasher()
# A hash of nothing anybody knows: signing in to no account takes as long as to a real one.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


@dataclass(frozen=True, kw_only=True)
class PersonAsk:
    """A person as an admin describes them."""

    email: str
    name: str
    role: str = "responder"
    teams: tuple[str, ...] = ()
    # Empty means the organisation's zone; for somebody known, the one they have.
    time_zone: str = ""
    active: bool = True


def create_person(work: Work, ask: PersonAsk) -> Person:
    """The person exists and can be sent a sign-in link. Raises: NotValid."""
    work.permit("edit_person")
    gaps = Gaps()
    if ask.time_zone == "":
        ask = replace(ask, time_zone=work.policy.zone.key)
    _check(gaps, ask)
    teams = teams_named(work, ask.teams, gaps, "teams")
    email = ask.email.strip().lower() if isinstance(ask.email, str) else ""
    taken = work.session.exec(select(Person.id).where(Person.email == email)).first()
    gaps.unless(taken is None, "email", "Somebody with this address is here already")
    gaps.raise_not_valid()
    person = work.add(
        Person(
            email=email,
            name=asks.clean(ask.name),
            role=ask.role,
            time_zone=ask.time_zone,
            active=ask.active,
            created_at=work.now,
        )
    )
    work.add_all(TeamMember(team_id=team.key, person_id=person.key) for team in teams)
    return person


def edit_person(work: Work, person: Person, ask: PersonAsk) -> Person:
    """Name, role, teams, zone and activity are as given; leaving ends every session.

    Raises: NotValid, also when nobody with the role admin would be left.
    """
    work.permit("edit_person")
    if ask.time_zone == "":
        ask = replace(ask, time_zone=person.time_zone)
    gaps = Gaps()
    _check(gaps, ask)
    teams = teams_named(work, ask.teams, gaps, "teams")
    if person.role == "admin" and (ask.role != "admin" or not ask.active):
        # Two admins who let each other go at the same moment would leave nobody.
        work.take_turns("admins")
        others = work.session.exec(
            select(func.count())
            .select_from(Person)
            .where(Person.role == "admin", col(Person.active).is_(True), Person.id != person.id)
        ).one()
        gaps.unless(others, "role", "This is the last admin; make somebody else one first")
    gaps.raise_not_valid()
    if ask.role != person.role or not ask.active:
        person.session_epoch += 1
    person.name = asks.clean(ask.name)
    person.role = ask.role
    person.time_zone = ask.time_zone
    person.active = ask.active
    work.session.execute(delete(TeamMember).where(col(TeamMember.person_id) == person.key))
    work.add_all(TeamMember(team_id=team.key, person_id=person.key) for team in teams)
    return person


def edit_own_profile(
    work: Work, *, name: str, time_zone: str, reminders_by: str | None = None
) -> Person:
    """The actor's own name, zone and where reminders reach them; ``None`` leaves that as it is.

    Raises: NotValid.
    """
    person = work.find(Person, work.actor.person_id, what="Your profile")
    gaps = Gaps()
    asks.check_title(gaps, "name", name)
    asks.check_choice(gaps, "time_zone", time_zone, available_timezones())
    asks.check_choice(gaps, "reminders_by", reminders_by, REMINDERS_BY, required=False)
    _shorten_zone_gap(gaps)
    gaps.raise_not_valid()
    person.name, person.time_zone = asks.clean(name), time_zone
    if reminders_by is not None:
        person.reminders_by = reminders_by
    return person


def set_password(work: Work, person: Person, password: str) -> None:
    """The person signs in with this password; other sessions end. Raises: NotValid."""
    if person.id != work.actor.person_id:
        work.permit("edit_person")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise NotValid(
            Gap("password", f"Use {SHORTEST_PASSWORD} characters or more: a few words do well")
        )
    person.password_hash = _HASHER.hash(password)
    person.session_epoch += 1


def make_sign_in_link(work: Work, person: Person, *, life: timedelta = LINK_LIFE) -> str:
    """The secret of a link that signs this person in, once, within its life. Kept as a hash."""
    work.permit("edit_person")
    secret = secrets.token_urlsafe(32)
    work.add(
        SignInLink(token_hash=_digest(secret), person_id=person.key, expires_at=work.now + life)
    )
    return secret


def use_sign_in_link(work: Work, secret: str) -> Person:
    """The person of the link, which is used up now. Raises: NotFound."""
    link = work.session.exec(
        select(SignInLink).where(SignInLink.token_hash == _digest(secret)).with_for_update()
    ).first()
    if link is None or link.used_at is not None or link.expires_at < work.now:
        raise NotFound("A sign-in link like that, still unused and in time,")
    person = work.session.get(Person, link.person_id)
    if person is None or not person.active:
        raise NotFound("That account")
    link.used_at = work.now
    return person


def address_of(email: str) -> str:
    """An e-mail address in its one spelling; without NUL, which PostgreSQL refuses."""
    return email.strip().lower().replace("\x00", "")[:200]


def count_sign_in_attempt(work: Work, *buckets: str, limit: int) -> bool:
    """True when each bucket (account, address) had fewer than ``limit`` tries in a minute.

    The try is counted either way; commit it before looking at the password.
    """
    since = work.now - ATTEMPT_WINDOW
    allowed = True
    # Tries at the same moment are counted one after the other.
    work.take_turns("sign-in")
    for bucket in buckets:
        tries = work.session.exec(
            select(func.count())
            .select_from(SignInAttempt)
            .where(SignInAttempt.bucket == bucket[:120], col(SignInAttempt.at) > since)
        ).one()
        allowed = allowed and tries < limit
        work.session.add(SignInAttempt(bucket=bucket[:120], at=work.now))
    return allowed


def check_password(work: Work, email: str, password: str) -> Person | None:
    """The active person with this address and password; as slow for wrong as for right."""
    person = work.session.exec(
        select(Person).where(Person.email == address_of(email)).with_for_update()
    ).first()
    known = person is not None and person.active and bool(person.password_hash)
    stored = person.password_hash if person is not None and known else _NOBODY
    try:
        _HASHER.verify(stored, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    if person is None or not known or len(password) > LONGEST_PASSWORD:
        return None
    if _HASHER.check_needs_rehash(person.password_hash):
        person.password_hash = _HASHER.hash(password)
    return person


def create_token(
    work: Work,
    *,
    name: str,
    role: str = "responder",
    scopes: tuple[str, ...] = ("read", "write"),
    expires_at: datetime | None = None,
    person: Person | None = None,
) -> tuple[ApiToken, str]:
    """(row, secret): the secret is shown this once and kept as a hash. Raises: NotValid."""
    work.permit("create_token")
    gaps = Gaps()
    asks.check_title(gaps, "name", name)
    asks.check_choice(gaps, "role", role, ROLES)
    gaps.unless(scopes, "scopes", "Choose at least one scope")
    for scope in scopes:
        asks.check_choice(gaps, "scopes", scope, SCOPES)
    asks.check_instant(gaps, "expires_at", expires_at)
    gaps.raise_not_valid()
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = work.add(
        ApiToken(
            name=asks.clean(name),
            role=role,
            scopes=",".join(scope for scope in SCOPES if scope in scopes),
            token_hash=_digest(secret),
            person_id=person.key if person else None,
            created_at=work.now,
            expires_at=expires_at,
        )
    )
    return row, secret


def revoke_token(work: Work, token_id: int) -> ApiToken:
    """The token opens nothing any more. Raises: NotFound."""
    work.permit("revoke_token")
    row = work.find(ApiToken, token_id, what="That token")
    row.revoked_at = row.revoked_at or work.now
    return row


def actor_of_token(look: Look, secret: str) -> tuple[Actor, ApiToken] | None:
    """The actor a token stands for, or ``None`` when it opens nothing.

    A token of a person acts as that person, never above their role; a token of a program reads
    what the whole organisation may read.
    """
    row = look.session.exec(select(ApiToken).where(ApiToken.token_hash == _digest(secret))).first()
    if row is None or row.revoked_at or (row.expires_at and row.expires_at <= look.now):
        return None
    scopes = frozenset(row.scopes.split(","))
    if row.person_id is None:
        return Actor(person_id=None, name=row.name, role=row.role, kind="token", scopes=scopes), row
    found = person_and_actor(look.session, row.person_id, scopes=scopes)
    if found is None or not found[0].active:
        return None
    actor = found[1]
    least = min(ROLES.index(row.role), ROLES.index(actor.role))
    return Actor(
        person_id=actor.person_id,
        name=actor.name,
        role=ROLES[least],
        kind="token",
        team_ids=actor.team_ids,
        circles=actor.circles,
        scopes=scopes,
        time_zone=actor.time_zone,
    ), row


def touch_token(work: Work, token_id: int) -> None:
    """When the token was last used is known to within five minutes."""
    row = work.session.get(ApiToken, token_id)
    if row and (row.last_used_at is None or work.now - row.last_used_at > TOUCH_EVERY):
        row.last_used_at = work.now


def _check(gaps: Gaps, ask: PersonAsk) -> None:
    asks.check_title(gaps, "name", ask.name)
    asks.check_title(gaps, "email", ask.email)
    if isinstance(ask.email, str):
        gaps.unless(
            "@" in ask.email and " " not in ask.email.strip(), "email", "Write it as name@host"
        )
    asks.check_choice(gaps, "role", ask.role, ROLES)
    asks.check_choice(gaps, "time_zone", ask.time_zone, available_timezones())
    _shorten_zone_gap(gaps)


def _shorten_zone_gap(gaps: Gaps) -> None:
    """Six hundred zones are no help in a sentence."""
    gaps.found = [
        Gap("time_zone", "Choose a zone such as Europe/Berlin") if gap.field == "time_zone" else gap
        for gap in gaps.found
    ]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
