"""The pages of lessons: list, page, life cycle, editing; and what a stranger sees of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Cast
from tests.faces.browser import Browser
from tests.faces.queries import count_queries
from tracker.app import App
from tracker.models.lesson import Lesson, LessonIncident
from tracker.reading.references import ref
from tracker.reading.share.lessons import lesson_page
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident
from tracker.usecases.share.lessons import DraftLesson, MoveLesson, draft_lesson, move_lesson

Open = Callable[[str], Browser]


def _lesson(app: App, cast: Cast, *verbs: str, **given: object) -> str:
    ask: dict[str, object] = {
        "title": "Alert on the days a certificate has left",
        "situation": "Certificates that a person renews",
        "insight": "An alert at the end comes too late",
        "recommendation": "Alert thirty days before",
        "tags": ("certificates",),
        "owner": cast.email("alice"),
        **given,
    }
    with app.begin(cast.erin) as work:
        lesson = draft_lesson(work, DraftLesson(**ask))  # type: ignore[arg-type]
        for verb in verbs:
            move_lesson(work, lesson, MoveLesson(verb=verb, why="Because"))
        return ref(lesson)


def _closed_incident(app: App, cast: Cast) -> str:
    with app.begin(cast.alice) as work:
        return ref(
            declare_incident(
                work,
                DeclareIncident(
                    title="Leaked key",
                    severity="SEV2",
                    visibility="private",
                    members=(cast.email("erin"),),
                ),
            )
        )


def _state(app: App, number: int) -> str:
    with app.look_as_system() as look:
        return look.get(Lesson, number).state


def test_a_lesson_is_drafted_published_asked_again_confirmed_and_archived(
    app: App, cast: Cast, browser: Open
) -> None:
    erin = browser("erin")
    erin.get("/lessons/new")
    page = erin.post(
        "/lessons/new",
        {
            "title": "Alert on the days a certificate has left",
            "situation": "Certificates that a person renews",
            "insight": "An alert at the end comes too late",
            "recommendation": "Alert thirty days before",
            "applies_to": "tech: TLS\nkind of service: gateway\nOpenSSL",
            "tags": "certificates, alerting",
            "owner": cast.email("alice"),
            "visibility": "org",
        },
    )
    for words in ("TLS", "gateway", "kind of service", "OpenSSL", "alerting", "Draft"):
        assert words in page.text
    for verb, state, said in (
        ("publish", "published", "It is in the library"),
        ("ask_again", "needs_review", "Is this still true?"),
        ("confirm", "published", "Thank you for looking"),
    ):
        page = erin.post("/lessons/LES-1/moves", {"verb": verb})
        assert said in page.text
        assert _state(app, 1) == state
    page = erin.post("/lessons/LES-1/moves", {"verb": "archive", "why": ""}, status=422)
    assert "needs a reason" in page.text
    page = erin.post("/lessons/LES-1/moves", {"verb": "archive", "why": "TLS is gone"})
    assert "TLS is gone" in page.text


def test_a_lesson_that_is_not_complete_is_not_published_and_says_what_is_missing(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _lesson(app, cast, situation="", recommendation="")
    page = browser("erin").post(f"/lessons/{reference}/moves", {"verb": "publish"}, status=422)
    assert "The situation is missing" in page.text
    assert "The recommendation is missing" in page.text


def test_a_replaced_lesson_leads_to_the_better_one(app: App, cast: Cast, browser: Open) -> None:
    old = _lesson(app, cast, "publish", title="The old way")
    better = _lesson(app, cast, "publish", title="The better way")
    erin = browser("erin")
    page = erin.post(f"/lessons/{old}/moves", {"verb": "supersede", "by": "LES-99"}, status=422)
    assert "LES-99 was not found" in page.text
    page = erin.post(f"/lessons/{old}/moves", {"verb": "supersede", "by": better})
    assert "The better way" in page.text
    assert f"/lessons/{better}" in page.links()


def test_an_edit_keeps_everything_that_was_not_touched(app: App, cast: Cast, browser: Open) -> None:
    with app.begin(cast.alice) as work:
        source = ref(declare_incident(work, DeclareIncident(title="Outage", severity="SEV2")))
    reference = _lesson(
        app, cast, "publish", incidents=(source,), team="payments", others_exposed=True,
        applies_to=(("library", "urllib3@2"), ("service_kind", "queue")),
    )  # fmt: skip
    alice = browser("alice")
    path = f"/lessons/{reference}/edit"

    def stands() -> object:
        with app.look(cast.alice) as look:
            row = look.get(Lesson, 1)
            shown = lesson_page(look, row)
            fields = row.model_dump(exclude={"version", "updated_at"})
            return fields, shown.item.links, [one.key for one in shown.incidents]

    before = stands()
    alice.post(path, alice.get(path).form(path))
    assert stands() == before


def test_an_edit_keeps_sources_that_the_editor_cannot_see(
    app: App, cast: Cast, browser: Open
) -> None:
    hidden = _closed_incident(app, cast)
    with app.begin(cast.alice) as work:
        seen = ref(declare_incident(work, DeclareIncident(title="Outage", severity="SEV2")))
    reference = _lesson(app, cast)
    with app.begin_as_system() as work:
        work.add_all([LessonIncident(lesson_id=1, incident_id=1)])
    assert hidden == "INC-1"
    charlie = browser("charlie")
    path = f"/lessons/{reference}/edit"
    form = charlie.get(path).form(path)
    assert form["incidents"] == ""
    charlie.post(path, {**form, "incidents": seen})
    with app.look_as_system() as look:
        found = {ref(one) for one in lesson_page(look, look.get(Lesson, 1)).incidents}
    assert found == {hidden, seen}


def test_an_edit_on_an_old_version_keeps_the_words(app: App, cast: Cast, browser: Open) -> None:
    reference = _lesson(app, cast)
    path = f"/lessons/{reference}/edit"
    alice, bob = browser("alice"), browser("bob")
    old = bob.get(path).form(path)
    alice.post(path, {**alice.get(path).form(path), "title": "Alice was here"})
    page = bob.post(path, {**old, "insight": "Bob's words"}, status=409)
    assert page.form(path)["insight"] == "Bob's words"


def test_a_stranger_finds_no_trace_of_a_closed_lesson_or_a_closed_source(
    app: App, cast: Cast, browser: Open
) -> None:
    incident = _closed_incident(app, cast)
    closed = _lesson(
        app, cast, "publish", title="Keys leak quietly", tags=("leaks",), incidents=(incident,)
    )
    open_one = _lesson(app, cast, "publish", title="An open one")
    charlie = browser("charlie")
    charlie.get(f"/lessons/{closed}", status=404)
    charlie.get(f"/lessons/{closed}/edit", status=404)
    charlie.post(f"/lessons/{open_one}/moves", {"verb": "archive"}, status=403)
    page = charlie.get("/lessons", show="all")
    assert "leak" not in page.response.text.lower()
    assert "Everything 1" in page.text
    assert "Keys leak quietly" in browser("alice").get("/lessons").text


def test_a_closed_lesson_cannot_be_named_as_the_better_one_to_learn_its_title(
    app: App, cast: Cast, browser: Open
) -> None:
    with app.begin(cast.ada) as work:
        hidden = ref(
            draft_lesson(
                work,
                DraftLesson(title="Ada's secret", visibility="private"),
            )
        )
    reference = _lesson(app, cast, "publish")
    page = browser("erin").post(
        f"/lessons/{reference}/moves", {"verb": "supersede", "by": hidden}, status=422
    )
    assert "secret" not in page.response.text


def test_views_and_filters_narrow(app: App, cast: Cast, browser: Open) -> None:
    _lesson(app, cast, "publish", title="Living", others_exposed=True, tags=("dns",))
    _lesson(app, cast, "publish", "ask_again", title="Doubted", owner=cast.email("bob"))
    _lesson(app, cast, title="Half written", applies_to=(("tech", "PostgreSQL"),))
    alice = browser("alice")
    shows = {
        "living": ("Living", "Doubted"),
        "exposed": ("Living",),
        "needs_review": ("Doubted",),
        "drafts": ("Half written",),
        "mine": ("Living", "Half written"),
    }
    every = ("Living", "Doubted", "Half written")
    for show, expected in shows.items():
        text = alice.get("/lessons", show=show).text
        assert tuple(one for one in every if one in text) == expected, show
    text = alice.get("/lessons", show="all", tag="dns").text
    assert "Living" in text and "Doubted" not in text
    text = alice.get("/lessons", show="all", applies_to="PostgreSQL").text
    assert "Half written" in text and "Living" not in text


def test_a_responder_edits_and_leaves_publishing_to_editors(
    app: App, cast: Cast, browser: Open
) -> None:
    reference = _lesson(app, cast)
    page = browser("alice").get(f"/lessons/{reference}")
    assert "Edit" in page.text
    assert "What comes next" not in page.text
    page = browser("vera").get(f"/lessons/{reference}")
    assert f"/lessons/{reference}/edit" not in page.links()
    browser("vera").get("/lessons/new", status=403)


def test_the_page_gives_an_address_to_share(app: App, cast: Cast, browser: Open) -> None:
    reference = _lesson(app, cast, "publish")
    text = browser("vera").get(f"/lessons/{reference}").response.text
    assert f"{app.settings.base_url.rstrip('/')}/lessons/{reference}" in text


@pytest.mark.parametrize(
    "path", ["/lessons", "/lessons/LES-1", "/lessons/new", "/lessons/LES-1/edit"]
)
def test_pages_ask_the_database_at_most_twelve_questions(
    app: App, cast: Cast, browser: Open, path: str
) -> None:
    for number in range(12):
        _lesson(app, cast, "publish", title=f"Lesson {number}", team="payments")
    erin = browser("erin")
    with count_queries(app) as queries:
        erin.get(path)
    assert len(queries) <= 12, queries
