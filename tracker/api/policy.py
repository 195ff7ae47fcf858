"""What the organisation has agreed on: policy, review templates, the taxonomy of factors."""

from typing import Annotated, Any

from pydantic import StringConstraints

from tracker.api.feature import Feature
from tracker.api.shapes import Answer, Asked, Instant
from tracker.db.work import Look
from tracker.domain.review import Template
from tracker.reading.journal import newest_policy_version
from tracker.reading.policies import factor_terms, template, templates

api = Feature("policy", "Severities, clocks, review templates and the taxonomy, as loaded.")

TemplateKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]


class TemplatePath(Asked):
    key: TemplateKey


class PolicyOut(Answer):
    """The policy in force for what begins now."""

    number: int
    loaded_at: Instant
    content: dict[str, Any]


class QuestionOut(Answer):
    key: str
    kind: str
    prompt: str
    help: str
    required: bool
    choices: list[str]
    condition: dict[str, list[str]]


class StepOut(Answer):
    key: str
    title: str
    intro: str
    questions: list[QuestionOut]


class TemplateOut(Answer):
    """A way to review, in its newest version."""

    key: str
    number: int
    name: str
    purpose: str
    steps: list[StepOut]


class TemplatesOut(Answer):
    items: list[TemplateOut]


class FactorTermOut(Answer):
    term: str
    name: str
    meaning: str
    group: str
    group_name: str


class FactorTermsOut(Answer):
    items: list[FactorTermOut]


@api.reads("/policy", PolicyOut)
def read(look: Look) -> PolicyOut:
    """The policy."""
    row = newest_policy_version(look)
    return PolicyOut(number=row.version, loaded_at=row.loaded_at, content=row.content)


@api.reads("/templates", TemplatesOut)
def list_templates(look: Look) -> TemplatesOut:
    """Every review template."""
    return TemplatesOut(items=[_template(one) for one in templates(look)])


@api.reads("/templates/<key>", TemplateOut)
def read_template(look: Look, path: TemplatePath) -> TemplateOut:
    """One review template."""
    return _template(template(look, path.key))


@api.reads("/taxonomy", FactorTermsOut)
def taxonomy(look: Look) -> FactorTermsOut:
    """The terms for contributing factors."""
    return FactorTermsOut(
        items=[
            FactorTermOut(
                term=row.term,
                name=row.name,
                meaning=row.meaning,
                group=row.group_key,
                group_name=row.group_name,
            )
            for row in factor_terms(look)
        ]
    )


def _template(one: Template) -> TemplateOut:
    return TemplateOut(
        key=one.key,
        number=one.version,
        name=one.name,
        purpose=one.purpose,
        steps=[
            StepOut(
                key=step.key,
                title=step.title,
                intro=step.intro,
                questions=[
                    QuestionOut(
                        key=question.key,
                        kind=question.kind,
                        prompt=question.prompt,
                        help=question.help,
                        required=question.required,
                        choices=list(question.choices),
                        condition={
                            name: list(wanted) for name, wanted in question.condition.items()
                        },
                    )
                    for question in step.questions
                ],
            )
            for step in one.steps
        ],
    )
