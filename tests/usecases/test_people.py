"""People, tokens, links: who may make them, what they open, when they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from tests.conftest import Cast, HandClock
from tracker.app import App
from tracker.domain.errors import NotFound, NotPermitted, NotValid
from tracker.models.catalogue import ApiToken, Person, SignInLink
from tracker.usecases.catalogue import TeamAsk, put_team
from tracker.usecases.people import (
    PersonAsk,
    actor_of_token,
    check_password,
    create_person,
    create_token,
    edit_person,
    make_sign_in_link,
    revoke_token,
    set_password,
    use_sign_in_link,
)

WORDS = "correct horse battery"


def _row(app: App, cast: Cast, name: str) -> Person:
    with app.look_as_system() as look:
        return look.find(Person, getattr(cast, name).person_id, what=name)


def test_only_an_admin_creates_people_links_and_tokens(app: App, cast: Cast) -> None:
    for name in ("vera", "alice", "erin"):
        actor = getattr(cast, name)
        with pytest.raises(NotPermitted), app.begin(actor) as work:
            create_person(work, PersonAsk(email="x@example.org", name="X", role="admin"))
        with pytest.raises(NotPermitted), app.begin(actor) as work:
            make_sign_in_link(work, _row(app, cast, "ada"))
        with pytest.raises(NotPermitted), app.begin(actor) as work:
            create_token(work, name="Mine", role="admin")
        with pytest.raises(NotPermitted), app.begin(actor) as work:
            set_password(work, _row(app, cast, "ada"), WORDS)


def test_a_person_lists_every_gap_at_once(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid) as refused, app.begin(cast.ada) as work:
        create_person(
            work,
            PersonAsk(
                email="no address", name="", role="king", teams=("nobody",), time_zone="Mars"
            ),
        )
    fields = {gap.field for gap in refused.value.gaps}
    assert fields == {"email", "name", "role", "teams", "time_zone"}


def test_an_address_is_taken_whatever_its_case(app: App, cast: Cast) -> None:
    with pytest.raises(NotValid), app.begin(cast.ada) as work:
        create_person(work, PersonAsk(email=" ALICE@example.org ", name="Other"))


def test_a_new_role_or_leaving_ends_every_session(app: App, cast: Cast) -> None:
    before = _row(app, cast, "bob").session_epoch
    with app.begin(cast.ada) as work:
        edit_person(
            work,
            work.find(Person, cast.bob.person_id, what="Bob"),
            PersonAsk(email="bob@example.org", name="Bob", role="viewer"),
        )
    assert _row(app, cast, "bob").session_epoch == before + 1


def test_the_last_admin_stays_one(app: App, cast: Cast) -> None:
    for ask in (
        PersonAsk(email="ada@example.org", name="Ada", role="editor"),
        PersonAsk(email="ada@example.org", name="Ada", role="admin", active=False),
    ):
        with pytest.raises(NotValid, match="last admin"), app.begin(cast.ada) as work:
            edit_person(work, work.find(Person, cast.ada.person_id, what="Ada"), ask)


def test_a_link_and_a_token_are_kept_as_hashes_only(app: App, cast: Cast) -> None:
    with app.begin(cast.ada) as work:
        link = make_sign_in_link(work, work.find(Person, cast.bob.person_id, what="Bob"))
        _, token = create_token(work, name="Deployments")
    with app.look_as_system() as look:
        stored = str(look.session.exec(select(SignInLink)).all())
        stored += str(look.session.exec(select(ApiToken)).all())
    assert link not in stored
    assert token not in stored


def test_a_link_of_somebody_who_left_opens_nothing(app: App, cast: Cast) -> None:
    with app.begin(cast.ada) as work:
        bob = work.find(Person, cast.bob.person_id, what="Bob")
        secret = make_sign_in_link(work, bob)
        edit_person(work, bob, PersonAsk(email=bob.email, name="Bob", active=False))
    with pytest.raises(NotFound), app.begin_as_system() as work:
        use_sign_in_link(work, secret)


def test_a_token_never_may_more_than_its_person(app: App, cast: Cast) -> None:
    with app.begin(cast.ada) as work:
        vera = work.find(Person, cast.vera.person_id, what="Vera")
        _, secret = create_token(work, name="Vera's script", role="admin", person=vera)
    with app.look_as_system() as look:
        found = actor_of_token(look, secret)
    assert found is not None
    assert found[0].role == "viewer"
    assert not found[0].may("declare_incident")


def test_a_token_ends_when_it_is_over_revoked_or_its_person_left(
    app: App, cast: Cast, clock: HandClock
) -> None:
    def opens(secret: str) -> bool:
        with app.look_as_system() as look:
            return actor_of_token(look, secret) is not None

    with app.begin(cast.ada) as work:
        bob = work.find(Person, cast.bob.person_id, what="Bob")
        _, short = create_token(work, name="Short", expires_at=work.now + timedelta(hours=1))
        row, long = create_token(work, name="Long")
        _, bobs = create_token(work, name="Bob's", person=bob)
    assert opens(short) and opens(long) and opens(bobs)
    clock.forward(hours=1)
    assert not opens(short)
    with app.begin(cast.ada) as work:
        revoke_token(work, row.key)
        bob = work.find(Person, cast.bob.person_id, what="Bob")
        edit_person(work, bob, PersonAsk(email=bob.email, name="Bob", active=False))
    assert not opens(long)
    assert not opens(bobs)
    with pytest.raises(NotFound), app.begin(cast.ada) as work:
        revoke_token(work, 999)


def test_a_password_needs_some_length_and_works_with_any_case_of_the_address(
    app: App, cast: Cast
) -> None:
    with app.begin(cast.ada) as work:
        bob = work.find(Person, cast.bob.person_id, what="Bob")
        with pytest.raises(NotValid):
            set_password(work, bob, "short")
        set_password(work, bob, WORDS)
    with app.begin_as_system() as work:
        assert check_password(work, "BOB@example.org", WORDS) is not None
        assert check_password(work, "bob@example.org", WORDS.upper()) is None
        assert check_password(work, "nobody@example.org", WORDS) is None


def test_an_editor_changes_a_team_and_not_who_is_on_it(app: App, cast: Cast) -> None:
    with app.begin(cast.erin) as work:
        put_team(work, TeamAsk(name="Search", slug="search", contact="The rota"))
    with pytest.raises(NotPermitted), app.begin(cast.erin) as work:
        put_team(work, TeamAsk(name="Search", slug="search", members=(cast.email("erin"),)))
    assert cast.charlie.team_ids
    assert cast.charlie.team_ids.isdisjoint(cast.erin.team_ids)
