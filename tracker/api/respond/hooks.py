"""Where senders send: /hooks/<sender>. Signed or with a key, answered after the commit.

Answers are what senders understand: 202 when it is stored, 503 with Retry-After when it should come
again, 400, 401, 413, 415 or 422 when coming again would change nothing. Never 429 and never a
redirect: Alertmanager drops its message on both.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import cast

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlmodel import select
from werkzeug.exceptions import RequestEntityTooLarge

from tracker.api.gate import json_answer, tracker
from tracker.api.respond.intake_rounds import BusyError, IntakeRounds
from tracker.domain.alert import check_received
from tracker.domain.errors import Conflict, DomainError, problem, problem_of
from tracker.domain.event import Alert, Change, Received
from tracker.domain.people import SYSTEM
from tracker.intake.body import lowered, plain_bytes, read_body
from tracker.intake.fields import NOTED, TOO_FAR_AHEAD, Delivery
from tracker.intake.kinds import (
    KEY_OR_SIGNED,
    SIGNED,
    SNS,
    SenderKind,
    all_kinds,
    kind_of,
    understand,
)
from tracker.intake.mapping import read_mapping
from tracker.intake.masking import mask_headers
from tracker.intake.refusals import NotTrusted, NotUnderstood
from tracker.intake.signatures import Sent, presented_key
from tracker.intake.sns import certificate_address, check_sns
from tracker.models.event import AlertSource
from tracker.senders.amazon import Amazon, RealAmazon
from tracker.senders.sender import SendError
from tracker.senders.slack_tokens import TokenUnreadableError
from tracker.usecases.respond.alert_sources import (
    TROUBLE_EVERY,
    digest_of,
    key_hashes,
    note_trouble,
    signing_secrets,
)
from tracker.usecases.respond.alerts import Message, SourceChangedError, stamp_of

log = logging.getLogger(__name__)
bp = Blueprint("hooks", __name__, url_prefix="/hooks")

RETRY_AFTER_SECONDS = 5
ROUNDS = "tracker_intake_rounds"
AMAZON = "tracker_amazon"
KNOWN = "tracker_known_sources"
MOST_REMEMBERED = 1_000
# Headers that say something about a message later; all others are of the way it took.
KEPT_HEADERS = ("content-type", "user-agent")
_TABLE: sa.Table = AlertSource.__table__  # type: ignore[attr-defined]
# Made once, and asked for rows instead of records: every message begins with it.
SOURCES = (
    sa.select(_TABLE)
    .where(_TABLE.c.sender == sa.bindparam("sender"), _TABLE.c.active.is_(True))
    .order_by(_TABLE.c.id)
    .limit(200)
)
NAMED_SOURCE = SOURCES.where(_TABLE.c.name == sa.bindparam("name"))


def register(flask_app: Flask) -> None:
    """Senders may send; see also ``make_ready``."""
    make_ready(flask_app)
    flask_app.register_blueprint(bp)


def make_ready(flask_app: Flask) -> None:
    """The queue before the database of its App and the way to Amazon are ready, and new."""
    flask_app.extensions[ROUNDS] = IntakeRounds(flask_app.extensions["tracker"])
    flask_app.extensions[AMAZON] = RealAmazon()
    flask_app.extensions[KNOWN] = {}
    # Read now, once: the first messages come at the same moment, and each would read them.
    all_kinds()


@bp.post("/<sender>", strict_slashes=False)
@bp.post("/<sender>/<name>", strict_slashes=False)
def receive(sender: str, name: str = "") -> Response:
    """A message of a sender: stored, or refused with the reason."""
    kind = kind_of(sender)
    if kind is None:
        return _refuse(404, "not_found", "No sender is called that; see tracker source add --help")
    rounds = cast(IntakeRounds, current_app.extensions[ROUNDS])
    with rounds.coming():
        return _answer(kind, name, rounds)


def _answer(kind: SenderKind, name: str, rounds: IntakeRounds) -> Response:
    source: AlertSource | None = None
    try:
        sent = _sent()
        source = _trusted_source(kind, name, sent)
        message = _understood(kind, source, sent)
        try:
            taken = rounds.give(message)
        except SourceChangedError:
            # What was known of it is old: a secret was changed, or the source was removed.
            source = _trusted_source(kind, name, sent, anew=True)
            message = _understood(kind, source, sent)
            taken = rounds.give(message)
    except NotTrusted as error:
        return _refused(401, "unauthorized", error.message, kind, _named(kind, name))
    except NotUnderstood as error:
        return _refused(error.status, "not_understood", error.message, kind, source)
    except RequestEntityTooLarge:
        most = tracker().settings.max_body_bytes
        sentence = f"The body is too large: at most {most:,} bytes are taken"
        return _refused(413, "not_understood", sentence, kind, source)
    except DataError:
        # The same message would be refused again however often it came.
        sentence = "Something in the message is out of the range that can be stored"
        return _refused(422, "not_understood", sentence, kind, source)
    except (Conflict, BusyError, SQLAlchemyError, SendError) as error:
        return _busy(kind, source, error)
    except DomainError as error:
        _note(kind, source, 422, error.message)
        return json_answer(problem_of(error), 422)
    source.last_trouble_at = None
    body = {"ok": True, **taken.as_data(), "repeated": taken.repeated}
    if message.received.ignored:
        body["ignored"] = message.received.ignored
    return json_answer(body, 202)


def _sent() -> Sent:
    """The message as it came. Raises: RequestEntityTooLarge."""
    length = request.content_length
    if length is not None and length > tracker().settings.max_body_bytes:
        # Said before anything of it is read.
        raise RequestEntityTooLarge
    return Sent(
        raw=request.get_data(cache=False),
        headers=lowered(dict(request.headers)),
        now=tracker().clock(),
        key=request.args.get("key", ""),
    )


def _trusted_source(kind: SenderKind, name: str, sent: Sent, *, anew: bool = False) -> AlertSource:
    """The source that the message proves to come from. Raises: NotTrusted.

    The sources are remembered, because every message asks for them: who is refused is looked for
    anew, and who is trusted is compared with the database when the message is stored.
    """
    kept = cast(dict[tuple[str, str], list[AlertSource]], current_app.extensions[KNOWN])
    place = (kind.name, name[:60].replace("\x00", ""))
    if not anew and place in kept:
        with suppress(NotTrusted):
            return _first_trusted(kind, kept[place], sent)
    with tracker().look(SYSTEM) as look:
        asked = {"sender": place[0], "name": place[1]}
        rows = look.session.connection().execute(NAMED_SOURCE if name else SOURCES, asked)
        found = [AlertSource(**row) for row in rows.mappings()]
    trusted = _first_trusted(kind, found, sent)
    if len(kept) >= MOST_REMEMBERED:
        kept.clear()
    kept[place] = found
    return trusted


def _first_trusted(kind: SenderKind, sources: Iterable[AlertSource], sent: Sent) -> AlertSource:
    refusal = NotTrusted(
        "There is no source of this sender here, or this is not its key. "
        "An admin makes one: tracker source add"
    )
    for source in sources:
        try:
            _check(kind, source, sent)
        except NotTrusted as error:
            refusal = error
        else:
            return source
    raise refusal


def _check(kind: SenderKind, source: AlertSource, sent: Sent) -> None:
    """Raises: NotTrusted."""
    signs = kind.scheme == SIGNED or (
        kind.scheme == KEY_OR_SIGNED and bool(source.signing_secret_encrypted)
    )
    if signs and kind.check is not None:
        try:
            secret_key = tracker().settings.kept_secret_key()
            secrets = signing_secrets(source, sent.now, secret_key=secret_key)
        except TokenUnreadableError as error:
            raise NotTrusted("The signing secret of this source cannot be read here.") from error
        kind.check(sent, secrets)
        return
    given = presented_key(sent)
    if not given:
        raise NotTrusted(
            "The key is missing: send it as 'Authorization: Bearer …' or behind ?key= in the"
            " address."
        )
    digest = digest_of(given)
    if not any([hmac.compare_digest(digest, known) for known in key_hashes(source, sent.now)]):  # noqa: C419 - all of them are compared, whichever fits
        raise NotTrusted("The key is not the key of this source.")


def _understood(kind: SenderKind, source: AlertSource, sent: Sent) -> Message:
    """What the message says.

    Raises: NotUnderstood, NotTrusted, NotValid for a clock far ahead, SendError.
    """
    most = tracker().settings.max_body_bytes
    body = read_body(sent.raw, sent.headers, limit_bytes=most)
    if kind.scheme == SNS:
        address = certificate_address(body)
        check_sns(body, _amazon().certificate(address), sent.now)
    mapping = read_mapping(source.mapping) if source.mapping else None
    delivery = Delivery(body=body, headers=sent.headers, now=sent.now)
    received = understand(kind, delivery, mapping)
    _refuse_wrong_clocks(received)
    check_received(received, sent.now)
    if received.confirm_url:
        _amazon().confirm(received.confirm_url)
    return Message(
        source_id=source.key,
        source_stamp=stamp_of(source),
        received=received,
        raw_days=source.raw_days,
        headers=_kept_headers(kind, sent.headers) if source.raw_days else {},
        body=_text_of(sent, most) if source.raw_days else "",
    )


def _refuse_wrong_clocks(received: Received) -> None:
    """Raises: NotUnderstood where the parser met a time that lies far ahead."""
    told: tuple[tuple[str, tuple[Alert | Change, ...]], ...] = (
        ("alerts", received.alerts),
        ("changes", received.changes),
    )
    for kind, found in told:
        for place, one in enumerate(found):
            for name, note in one.labels.items():
                if name.startswith(NOTED) and note.startswith(TOO_FAR_AHEAD):
                    raise NotUnderstood(
                        422,
                        "This time is more than a day ahead of our clock"
                        f" ({note.removeprefix(TOO_FAR_AHEAD)}); set the sender's clock.",
                        where=f"{kind}[{place}].{name.removeprefix(NOTED)}",
                    )


def _text_of(sent: Sent, most: int) -> str:
    plain = plain_bytes(sent.raw, sent.headers, limit_bytes=most)
    return plain.decode("utf-8-sig", "replace").replace("\x00", "")


def _kept_headers(kind: SenderKind, headers: Mapping[str, str]) -> dict[str, str]:
    wanted = {
        name: value[:500]
        for name, value in headers.items()
        if name in KEPT_HEADERS
        or name == kind.delivery_header.lower()
        or name.startswith(("x-github-", "x-gitlab-event", "ce-", "x-amz-sns-"))
    }
    return mask_headers(wanted)


def _amazon() -> Amazon:
    return cast(Amazon, current_app.extensions[AMAZON])


def _named(kind: SenderKind, name: str) -> AlertSource | None:
    """The source of the address, for telling its admin; a message without one names none."""
    if not name:
        return None
    with tracker().look(SYSTEM) as look:
        query = select(AlertSource).where(
            AlertSource.sender == kind.name, AlertSource.name == name[:60].replace("\x00", "")
        )
        return look.session.exec(query).first()


def _refuse(status: int, code: str, message: str) -> Response:
    answer = json_answer(problem(status, code, message), status)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="tracker hooks"'
    return answer


def _refused(
    status: int, code: str, message: str, kind: SenderKind, source: AlertSource | None
) -> Response:
    _note(kind, source, status, message)
    return _refuse(status, code, message)


def _busy(kind: SenderKind, source: AlertSource | None, error: Exception) -> Response:
    reason = "Amazon could not be asked" if isinstance(error, SendError) else "The tracker is busy"
    log.warning(
        "hook.busy",
        extra={
            "sender": kind.name,
            "source": source.key if source else 0,
            "reason": type(error).__name__,
        },
    )
    answer = _refuse(503, "busy", f"{reason}; nothing was stored. Send it again in a moment")
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _note(kind: SenderKind, source: AlertSource | None, status: int, reason: str) -> None:
    """The reason stands in the log, and beside the source for its admin."""
    extra = {"sender": kind.name, "source": source.key if source else 0, "status": status}
    log.warning("hook.refused", extra={**extra, "reason": reason[:300]})
    if source is None:
        return
    before = source.last_trouble_at
    if before is not None and tracker().clock() - before < TROUBLE_EVERY:
        return
    source.last_trouble_at = tracker().clock()
    try:
        with tracker().begin(SYSTEM) as work:
            note_trouble(work, source.key, reason)
    except (SQLAlchemyError, DomainError):
        # The sender is answered all the same; the log has the reason.
        log.warning("hook.trouble_not_noted", extra=extra)
