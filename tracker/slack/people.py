"""Who somebody in Slack is here: matched by id, then by address, made known on first use."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from zoneinfo import available_timezones

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy import bindparam
from sqlmodel import col, select

from tracker.app import App
from tracker.db.access import person_and_actor
from tracker.db.work import Look, Work
from tracker.domain import asks
from tracker.domain.errors import Conflict, DomainError
from tracker.domain.people import Actor
from tracker.models.catalogue import Person
from tracker.models.slack import SlackInstallation, SlackUser
from tracker.senders.slack import certificates
from tracker.senders.slack_tokens import TokenUnreadableError, decrypt_token
from tracker.senders.slack_words import Mentioned
from tracker.usecases.people import PersonAsk, create_person

log = logging.getLogger(__name__)

# Somebody is waiting for this answer, so it is short; the outbox takes its time instead.
ANSWER_LIMIT_SECONDS = 2
SLACK_FAULTS = (SlackApiError, SlackClientError, URLError, OSError, ValueError)


class NotWelcomeError(Exception):
    """This person cannot act here; the text says why, and whom to ask."""


@dataclass(frozen=True)
class Company:
    """The one who asks, and everybody they mentioned who is known here."""

    actor: Actor
    people: Mapping[str, Mentioned]


def bot_token(app: App, team_id: str) -> str:
    """The token for this workspace; empty when the app is not installed there."""
    if app.settings.slack_bot_token:
        return app.settings.slack_bot_token
    with app.look_as_system() as look:
        row = look.session.exec(
            select(SlackInstallation).where(SlackInstallation.team_id == team_id)
        ).first()
    if row is None:
        return ""
    try:
        return decrypt_token(row.bot_token_encrypted, secret_key=app.settings.kept_secret_key())
    except TokenUnreadableError:
        log.exception("slack_token_unreadable", extra={"team": team_id})
        return ""


def client_of(app: App, team_id: str) -> WebClient:
    """A client for what somebody is waiting for: one try, two seconds."""
    return WebClient(
        token=bot_token(app, team_id),
        base_url=app.settings.slack_api_url,
        timeout=ANSWER_LIMIT_SECONDS,
        retry_handlers=[],
        ssl=certificates(),
    )


def known_company(
    app: App, team_id: str, user_id: str, others: Iterable[str] = ()
) -> Company | None:
    """The speaker and the others, when the tracker knows all of them; asks nobody.

    Raises: NotWelcomeError when the speaker's account here is switched off.
    """
    wanted = {user_id, *others}
    with app.look_as_system() as look:
        known = _known(look, team_id, wanted)
        if set(known) != wanted:
            return None
        return _company(look, known, user_id)


def meet(app: App, team_id: str, user_id: str, others: Iterable[str] = ()) -> Company:
    """As known_company, after asking Slack about those who are new here.

    Somebody mentioned whom Slack does not know either is left out.
    Raises: NotWelcomeError when the speaker cannot act here, or Slack could not say who it is.
    """
    wanted = dict.fromkeys([user_id, *others])
    with app.look_as_system() as look:
        known = set(_known(look, team_id, wanted))
    client = client_of(app, team_id)
    for one in wanted:
        if one in known:
            continue
        try:
            _introduce(app, team_id, one, _profile(client, one))
        except NotWelcomeError:
            if one == user_id:
                raise
    with app.look_as_system() as look:
        return _company(look, _known(look, team_id, wanted), user_id)


def _company(look: Look, known: Mapping[str, Person], user_id: str) -> Company:
    speaker = known.get(user_id)
    found = person_and_actor(look.session, speaker.key) if speaker else None
    if found is None or not found[0].active:
        raise NotWelcomeError(
            "Your account in the tracker is switched off, so nothing was done. "
            "An admin of the tracker can switch it on again."
        )
    people = {
        key: Mentioned(person.email, person.name)
        for key, person in known.items()
        if person.active or key == user_id
    }
    return Company(found[1], people)


def _known(look: Look, team_id: str, user_ids: Iterable[str]) -> dict[str, Person]:
    asked = {"team_id": team_id, "user_ids": list(user_ids)}
    return {row[0]: row[1] for row in look.session.execute(_WHO_IS_HERE, asked)}


# Built once: every command, press and form asks it.
_WHO_IS_HERE = (
    select(SlackUser.slack_user_id, Person)
    .join(Person, col(Person.id) == col(SlackUser.person_id))
    .where(
        SlackUser.team_id == bindparam("team_id"),
        col(SlackUser.slack_user_id).in_(bindparam("user_ids", expanding=True)),
    )
)


def _profile(client: WebClient, user_id: str) -> Mapping[str, Any]:
    """What Slack says about the person. Raises: NotWelcomeError."""
    try:
        answer = client.users_info(user=user_id)
    except SLACK_FAULTS as fault:
        log.warning("slack_person_unknown", extra={"reason": type(fault).__name__})
        code = ""
        if isinstance(fault, SlackApiError) and isinstance(fault.response.data, dict):
            code = str(fault.response.data.get("error", ""))
        if code in ("user_not_found", "user_not_visible", "users_not_found"):
            raise NotWelcomeError("Slack does not know this person any more.") from fault
        raise NotWelcomeError(
            "This is your first time here, and Slack could not tell just now who you are. "
            "Nothing was done; please try again in a minute, or use the tracker's pages."
        ) from fault
    user = answer.get("user") or {}
    if user.get("deleted"):
        raise NotWelcomeError("This Slack account is switched off.")
    if user.get("is_bot") or user_id == "USLACKBOT":
        raise NotWelcomeError("Apps cannot act here; people and API tokens can.")
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        raise NotWelcomeError(
            "Guests of this workspace can read along but not act on incidents. "
            "Tell somebody in the channel, and they will note it for you."
        )
    return user


def _introduce(app: App, team_id: str, user_id: str, user: Mapping[str, Any]) -> None:
    """The person is known from now on, once, however many requests come at this moment."""
    try:
        with app.begin_as_system() as work:
            if not _known(work, team_id, [user_id]):
                person = _person_of(work, team_id, user_id, user)
                work.add(SlackUser(team_id=team_id, slack_user_id=user_id, person_id=person.key))
    except Conflict:
        log.info("slack_person_met_twice")
    except DomainError as error:
        raise NotWelcomeError(
            f"The tracker could not make an account for you: {error.message}"
        ) from error


def _person_of(work: Work, team_id: str, user_id: str, user: Mapping[str, Any]) -> Person:
    profile = user.get("profile") or {}
    email = str(profile.get("email") or user.get("email") or "").strip().lower()
    if not email:
        # The workspace keeps addresses to itself: the id serves as one, and stays unique.
        email = f"{user_id}@{team_id}.slack.invalid".lower()
    zone = str(user.get("tz") or "")
    zone = zone if zone in available_timezones() else ""
    known = work.session.exec(select(Person).where(Person.email == email)).first()
    if known is not None:
        if known.time_zone == "UTC" and zone:
            # They have never chosen one; Slack knows where they are.
            known.time_zone = zone
        return known
    name = asks.clean(
        str(profile.get("real_name") or user.get("real_name") or user.get("name") or email)
    )
    return create_person(
        work,
        PersonAsk(
            email=email,
            name=" ".join(name.split())[: asks.TITLE_LIMIT],
            role="responder",
            time_zone=zone,
        ),
    )
