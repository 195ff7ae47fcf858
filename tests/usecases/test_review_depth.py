"""Depth offered by signals, and the rest between understanding and deciding."""

from __future__ import annotations

from datetime import date

import pytest

from tests.conftest import Cast, HandClock
from tests.faces.review_story import REVIEW, answer_everything, published, resolved
from tracker.app import App
from tracker.domain.errors import NotAllowed, NotValid
from tracker.domain.signals import SIGNALS, suggested_depth
from tracker.models.review import Review
from tracker.reading.analyse.review_steps import open_points, steps_of
from tracker.reading.analyse.reviews import whole_review
from tracker.reading.references import review_by_ref
from tracker.usecases.analyse.depth import choose_depth, rest_analysis, skip_rest
from tracker.usecases.analyse.reviews import amend_review, publish_review
from tracker.usecases.improve.actions import ProposeAction, propose_action


@pytest.mark.parametrize(
    ("count", "offered"), [(0, ""), (1, "light"), (2, "light"), (3, "deep"), (10, "deep")]
)
def test_three_signs_suggest_a_deep_review(count: int, offered: str) -> None:
    assert len(SIGNALS) == 10
    assert suggested_depth(list(SIGNALS)[:count]) == offered


def _row(app: App, cast: Cast) -> Review:
    with app.look(cast.erin) as look:
        return review_by_ref(look, REVIEW)


def _publish(app: App, cast: Cast) -> None:
    with app.begin(cast.erin) as work:
        publish_review(work, review_by_ref(work, REVIEW))


def test_signs_suggest_and_people_choose(app: App, cast: Cast) -> None:
    resolved(app, cast)
    with app.begin(cast.alice) as work:
        ticked = list(SIGNALS)[:4]
        choose_depth(work, review_by_ref(work, REVIEW), signals=[*ticked, *ticked], depth="light")
    assert (_row(app, cast).signals, _row(app, cast).depth) == (list(SIGNALS)[:4], "light")
    for signals, depth in ((["severity"], ""), ([], "endless")):
        with pytest.raises(NotValid), app.begin(cast.alice) as work:
            choose_depth(work, review_by_ref(work, REVIEW), signals=signals, depth=depth)


def test_a_review_at_rest_is_not_published_before_its_day(
    app: App, cast: Cast, clock: HandClock
) -> None:
    resolved(app, cast)
    answer_everything(app, cast.erin)
    # A Thursday: two business days later is Monday.
    clock.forward(days=3)
    with app.begin(cast.alice) as work:
        rest_analysis(work, review_by_ref(work, REVIEW))
    assert _row(app, cast).soak_until == date(2026, 6, 8)
    with app.look(cast.erin) as look:
        whole = whole_review(look, review_by_ref(look, REVIEW))
        assert [point.field for point in open_points(whole, steps_of(whole))] == ["soak"]
    clock.forward(days=1)
    with app.begin(cast.alice) as work:
        rest_analysis(work, review_by_ref(work, REVIEW))
    assert _row(app, cast).soak_until == date(2026, 6, 8), "resting again puts nothing off"
    with pytest.raises(NotAllowed, match="rests until 2026-06-08"):
        _publish(app, cast)
    clock.forward(days=3)
    _publish(app, cast)


@pytest.mark.parametrize(("template", "asked"), [("learning", True), ("light", False)])
def test_a_review_with_actions_that_never_rested_is_not_published(
    template: str,
    asked: bool,  # noqa: FBT001
    app: App,
    cast: Cast,
    clock: HandClock,
) -> None:
    resolved(app, cast, template=template)
    answer_everything(app, cast.erin)
    with app.begin(cast.alice) as work:
        propose_action(work, ProposeAction(title="Run three resolvers", review=REVIEW))
    with app.look(cast.erin) as look:
        gaps = whole_review(look, review_by_ref(look, REVIEW)).gaps
    assert [gap.field for gap in gaps] == ["soak"] * asked
    if asked:
        with pytest.raises(NotAllowed, match="let it rest until 2026-06-03, or say why"):
            _publish(app, cast)
        with app.begin(cast.alice) as work:
            rest_analysis(work, review_by_ref(work, REVIEW))
        clock.forward(days=2)
    _publish(app, cast)


def test_an_amendment_asks_for_no_rest(app: App, cast: Cast, clock: HandClock) -> None:
    published(app, cast, clock)
    with app.begin(cast.erin) as work:
        propose_action(work, ProposeAction(title="One more", review=REVIEW))
        amend_review(work, review_by_ref(work, REVIEW), why="The vendor told us more")
    assert _row(app, cast).published_version == 2


def test_the_rest_is_skipped_with_a_reason_and_only_with_one(app: App, cast: Cast) -> None:
    resolved(app, cast)
    answer_everything(app, cast.erin)
    with app.begin(cast.alice) as work:
        rest_analysis(work, review_by_ref(work, REVIEW))
    with pytest.raises(NotValid), app.begin(cast.alice) as work:
        skip_rest(work, review_by_ref(work, REVIEW), why=" ")
    with app.begin(cast.alice) as work:
        skip_rest(work, review_by_ref(work, REVIEW), why="It can happen again tonight")
    assert _row(app, cast).soak_skipped_because == "It can happen again tonight"
    _publish(app, cast)
    with pytest.raises(NotAllowed), app.begin(cast.alice) as work:
        rest_analysis(work, review_by_ref(work, REVIEW))
