"""The policy, the review templates and the taxonomy, as they were loaded."""

from __future__ import annotations

from sqlmodel import Session, col, select

from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.policy import Policy, policy_from
from tracker.domain.review import Template, template_from
from tracker.models.review import FactorTerm, PolicyVersion, ReviewTemplate


class NoPolicyError(LookupError):
    """The database has no policy yet: ``tracker seed`` loads one."""


def read_policy(session: Session, version: int | None, *, zone: str = "") -> tuple[int, Policy]:
    """(version, policy): the newest, or the one with this version.

    Raises: NoPolicyError.
    """
    query = select(PolicyVersion).order_by(col(PolicyVersion.version).desc()).limit(1)
    if version is not None:
        query = select(PolicyVersion).where(PolicyVersion.version == version)
    row = session.exec(query).first()
    if row is None:
        raise NoPolicyError("There is no policy in the database yet; run: tracker seed")
    return row.version, policy_from(row.content, zone=zone)


def template(look: Look, key: str, version: int | None = None) -> Template:
    """The template, in its newest version or in the one given.

    Raises: NotFound.
    """
    if version is not None:
        return look.shelf.keep("template", key, version, lambda: _template(look, key, version))
    return _template(look, key, None)


def templates(look: Look) -> list[Template]:
    """Every template in its newest version, by name."""
    newest: dict[str, Template] = {}
    rows = look.session.exec(select(ReviewTemplate).order_by(col(ReviewTemplate.version)))
    for row in rows:
        newest[row.template_key] = template_from(row.content)
    return sorted(newest.values(), key=lambda one: one.name)


def factor_terms(look: Look) -> list[FactorTerm]:
    """The taxonomy in its own order."""
    return list(look.session.exec(select(FactorTerm).order_by(col(FactorTerm.position))))


def _template(look: Look, key: str, version: int | None) -> Template:
    query = select(ReviewTemplate).where(ReviewTemplate.template_key == key)
    if version is not None:
        query = query.where(ReviewTemplate.version == version)
    row = look.session.exec(query.order_by(col(ReviewTemplate.version).desc()).limit(1)).first()
    if row is None:
        raise NotFound(f"The review template “{key[:40]}”")
    return template_from(row.content)
