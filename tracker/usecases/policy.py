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

    Running incidents and reviews keep the version they began under. What an applied configuration
    governs stays as it is.
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


def put_policy(work: Work, content: Mapping[str, Any], *, managed_by: str = "") -> bool:
    """The policy with this content is the newest version; False when it was so already.

    Raises: NotValid.
    """
    plain = _plain(content)
    digest = _digest(plain)
    newest = newest_policy(work)
    if newest is not None and newest.digest == digest:
        return False
    version = newest.version + 1 if newest else 1
    numbered = {**plain, "version": version}
    try:
        policy_from(numbered)
    except ValueError as error:
        raise NotValid(Gap("policy", str(error))) from error
    work.add(
        PolicyVersion(
            version=version,
            digest=digest,
            content=numbered,
            loaded_at=work.now,
            managed_by=managed_by,
        )
    )
    return True


def put_template(work: Work, content: Mapping[str, Any], *, managed_by: str = "") -> bool:
    """The review template with this content is its newest version; False when it was so already.

    Raises: NotValid.
    """
    plain = _plain(content)
    digest = _digest(plain)
    try:
        used = template_from({"version": 1, **plain})
    except ValueError as error:
        raise NotValid(Gap("review_templates", str(error))) from error
    newest = newest_template(work, used.key)
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
            managed_by=managed_by,
        )
    )
    return True


def newest_policy(look: Look) -> PolicyVersion | None:
    """The policy in force for what begins now, as it is kept."""
    newest = select(PolicyVersion).order_by(col(PolicyVersion.version).desc()).limit(1)
    return look.session.exec(newest).first()


def newest_template(look: Look, key: str) -> ReviewTemplate | None:
    """The newest version of the template, as it is kept."""
    rows = select(ReviewTemplate).where(ReviewTemplate.template_key == key)
    return look.session.exec(rows.order_by(col(ReviewTemplate.version).desc()).limit(1)).first()


def _load_policy(work: Work, content: Mapping[str, Any]) -> bool:
    newest = newest_policy(work)
    return not (newest and newest.managed_by) and put_policy(work, content)


def _load_template(work: Work, content: Mapping[str, Any]) -> bool:
    newest = newest_template(work, str(content.get("key")))
    return not (newest and newest.managed_by) and put_template(work, content)


def _load_taxonomy(work: Work, content: Mapping[str, Any]) -> int:
    """Terms are added or reworded, never dropped: reviews still use them."""
    known = {row.term: row for row in work.session.exec(select(FactorTerm))}
    position = work.session.exec(select(func.count()).select_from(FactorTerm)).one()
    changed = 0
    try:
        terms = [
            (
                *(group["key"], group["name"], term["key"], term["name"]),
                str(term["meaning"]).strip(),
                [str(one) for one in term.get("examples") or ()],
            )
            for group in content["groups"]
            for term in group["terms"]
        ]
    except (KeyError, TypeError) as error:
        raise NotValid(Gap("taxonomy", f"{error} is missing or of the wrong shape")) from error
    for group_key, group_name, term, name, meaning, examples in terms:
        row = known.get(term)
        if row is not None and row.managed_by:
            continue
        if row is None:
            row = FactorTerm(term=term, position=position)
            position += 1
        new = (group_key, group_name, name, meaning, examples)
        if (row.group_key, row.group_name, row.name, row.meaning, row.examples) != new:
            row.group_key, row.group_name, row.name, row.meaning, row.examples = new
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
