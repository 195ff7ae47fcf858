"""One asking is one effect, on both databases, however many deliveries come at one moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import func, select

from tests.conftest import Cast
from tracker.app import App
from tracker.db.work import Work
from tracker.domain.errors import NotValid
from tracker.models.incident import Incident
from tracker.slack.visits import Answer, Visit
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident


def visit_of(app: App, cast: Cast, key: str) -> Visit:
    return Visit(app=app, actor=cast.alice, team_id="T1", user_id="U1", key=key)


def declaring(title: str) -> Answer:
    return Answer(text=title)


def test_six_deliveries_at_one_moment_have_one_effect_and_one_answer(app: App, cast: Cast) -> None:
    visit = visit_of(app, cast, "command T1 the same")

    def effect(work: Work) -> Answer:
        row = declare_incident(work, DeclareIncident(title="Once", severity="SEV3"))
        return Answer(text=f"INC-{row.key}", blocks=({"type": "divider"},), confirm=True)

    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda _: visit.once(effect), range(6)))
    assert len({(one.text, str(one.blocks), one.confirm) for one in answers}) == 1
    with app.look_as_system() as look:
        assert look.session.exec(select(func.count()).select_from(Incident)).one() == 1


def test_what_failed_is_not_kept_so_that_a_better_try_may_follow(app: App, cast: Cast) -> None:
    visit = visit_of(app, cast, "view T1 V1")

    def effect(title: str) -> Answer:
        return visit.once(
            lambda work: declaring(
                declare_incident(work, DeclareIncident(title=title, severity="SEV3")).title
            )
        )

    with pytest.raises(NotValid):
        effect("")
    assert effect("Better").text == "Better"
    assert effect("Ignored").text == "Better"
