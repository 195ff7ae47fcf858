"""Review templates as texts, to be read and written by admins."""

from __future__ import annotations

from dataclasses import dataclass

import yaml
from sqlmodel import col, func, select

from tracker.db.access import readable
from tracker.db.work import Look
from tracker.domain.errors import NotFound
from tracker.domain.review import Template, template_from
from tracker.models.review import Review, ReviewTemplate


@dataclass(frozen=True)
class TemplateRow:
    """The newest version of a template. ``managed_by``: the file it comes from, else empty."""

    key: str
    version: int
    template: Template
    managed_by: str
    reviews: int


class _Folded(yaml.SafeDumper):
    """Long texts folded, so that lines stay short enough to be read in a field."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - PyYAML
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = ">" if len(value) > 70 and "\n" not in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Folded.add_representer(str, _text)


def newest_templates(look: Look) -> list[TemplateRow]:
    """Every template in its newest version, by name, with how many reviews the actor may read
    use it. Two queries.
    """
    newest: dict[str, ReviewTemplate] = {}
    for row in look.session.exec(select(ReviewTemplate).order_by(col(ReviewTemplate.version))):
        newest[row.template_key] = row
    used = look.session.exec(
        select(Review.template_key, func.count())
        .where(readable(Review, look.actor))
        .group_by(Review.template_key)
    ).all()
    counts: dict[str, int] = dict(used)
    found = [
        TemplateRow(
            row.template_key,
            row.version,
            template_from(row.content),
            row.managed_by,
            counts.get(row.template_key, 0),
        )
        for row in newest.values()
    ]
    return sorted(found, key=lambda one: one.template.name)


def template_text(look: Look, key: str) -> str:
    """The newest version of the template as YAML, without what is empty. Raises: NotFound."""
    row = look.session.exec(
        select(ReviewTemplate)
        .where(ReviewTemplate.template_key == key)
        .order_by(col(ReviewTemplate.version).desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(f"The review template “{key[:40]}”")
    content = {name: row.content[name] for name in ORDER if name in row.content}
    return yaml.dump(_lean(content), Dumper=_Folded, allow_unicode=True, sort_keys=False, width=92)


ORDER = ("key", "name", "purpose", "soak_business_days", "steps")
QUESTION_ORDER = (
    *("key", "kind", "prompt", "help", "required", "owner", "due_business_days"),
    *("prefill", "choices", "condition"),
)
STEP_ORDER = ("key", "title", "intro", "guide", "questions")


def _lean(value: object) -> object:
    if isinstance(value, list):
        return [_lean(one) for one in value]
    if not isinstance(value, dict):
        return value
    order = STEP_ORDER if "questions" in value else QUESTION_ORDER if "kind" in value else ()
    names = [*(name for name in order if name in value), *(n for n in value if n not in order)]
    return {name: _lean(value[name]) for name in names if value[name] not in (None, "", [], {})}
