"""The policy, the templates and the taxonomy: loaded from files, versioned when they change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, func, select

from tracker.db.work import Look, Work
from tracker.domain.errors import Gap, NotAllowed, NotValid
from tracker.domain.policy import policy_from
from tracker.domain.review import template_from
from tracker.models.review import FactorTerm, PolicyVersion, ReviewTemplate
from tracker.reading.policies import NoPolicyError


@dataclass(frozen=True)
class Loaded:
    """What a load changed."""

    policy: bool
    templates: int
    terms: int

    @property
    def anything(self) -> bool:
        return self.policy or bool(self.templates) or bool(self.terms)


def load_policy(
    work: Work,
    *,
    policy: Mapping[str, Any],
    taxonomy: Mapping[str, Any],
    templates: Iterable[Mapping[str, Any]],
) -> Loaded:
    """What differs from the newest version becomes the next one; the same content changes nothing.

    Running incidents and reviews keep the version they began under.
    Raises: NotValid naming the file and key.
    """
    work.permit("load_policy")
    return Loaded(
        policy=_load_policy(work, policy),
        templates=sum(_load_template(work, one) for one in templates),
        terms=_load_taxonomy(work, taxonomy),
    )


def require_policy(look: Look) -> None:
    """Nothing happens when there is a policy. Raises: NotAllowed saying how to load one."""
    try:
        look.policy  # noqa: B018 - reading it is the question
    except NoPolicyError as error:
        raise NotAllowed(str(error), gaps=[Gap("policy", str(error))]) from error


def _load_policy(work: Work, content: Mapping[str, Any]) -> bool:
    plain = _plain(content)
    digest = _digest(plain)
    newest = work.session.exec(
        select(PolicyVersion).order_by(col(PolicyVersion.version).desc()).limit(1)
    ).first()
    if newest is not None and newest.digest == digest:
        return False
    try:
        policy_from(plain)
    except ValueError as error:
        raise NotValid(Gap("policy", str(error))) from error
    version = newest.version + 1 if newest else 1
    work.add(
        PolicyVersion(
            version=version,
            digest=digest,
            content={**plain, "version": version},
            loaded_at=work.now,
        )
    )
    return True


def _load_template(work: Work, content: Mapping[str, Any]) -> bool:
    plain = _plain(content)
    digest = _digest(plain)
    try:
        used = template_from(plain)
    except ValueError as error:
        raise NotValid(Gap("review_templates", str(error))) from error
    rows = select(ReviewTemplate).where(ReviewTemplate.template_key == used.key)
    newest = work.session.exec(rows.order_by(col(ReviewTemplate.version).desc()).limit(1)).first()
    if newest is not None and newest.digest == digest:
        return False
    version = newest.version + 1 if newest else 1
    work.add(
        ReviewTemplate(
            template_key=used.key,
            version=version,
            digest=digest,
            content={**plain, "version": version},
            loaded_at=work.now,
        )
    )
    return True


def _load_taxonomy(work: Work, content: Mapping[str, Any]) -> int:
    """Terms are added or reworded, never dropped: reviews still use them."""
    known = {row.term: row for row in work.session.exec(select(FactorTerm))}
    position = work.session.exec(select(func.count()).select_from(FactorTerm)).one()
    changed = 0
    try:
        terms = [
            (group["key"], group["name"], term["key"], term["name"], str(term["meaning"]).strip())
            for group in content["groups"]
            for term in group["terms"]
        ]
    except (KeyError, TypeError) as error:
        raise NotValid(Gap("taxonomy", f"{error} is missing or of the wrong shape")) from error
    for group_key, group_name, term, name, meaning in terms:
        row = known.get(term)
        if row is None:
            row = FactorTerm(term=term, position=position)
            position += 1
        new = (group_key, group_name, name, meaning)
        if (row.group_key, row.group_name, row.name, row.meaning) != new:
            row.group_key, row.group_name, row.name, row.meaning = new
            work.session.add(row)
            changed += 1
    return changed


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as JSON keeps it: dates in YAML become texts."""
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    return plain


def _digest(content: Mapping[str, Any]) -> str:
    without_version = {key: value for key, value in content.items() if key != "version"}
    return hashlib.sha256(json.dumps(without_version, sort_keys=True).encode()).hexdigest()
