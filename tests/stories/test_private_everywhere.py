"""A private incident is nowhere for those outside: no page, list, count, hint or error tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import Cast, HandClock, cast_for
from tests.faces.browser import Browser
from tests.faces.program import Program, secret_for
from tests.stories.addresses import MISSING, PREFIX_OF, body_for, everything, filled
from tests.stories.hidden import WORDS, Hidden, private_incident, public_past
from tests.wsgi import without_tokens, wsgi_for
from tracker.app import App
from tracker.db.engine import is_postgres

Ask = Callable[[str], TestResponse]
OUTSIDE = ("charlie", "ada", "vera")
# What these tell is how the tracker is doing, so another history shows; texts still must not.
JOURNALS = (
    "/admin", "/admin/audit", "/admin/deliveries", "/admin/clocks", "/admin/tokens", "/metrics",
    "/api/v1/audit", "/api/v1/deliveries", "/api/v1/tokens", "/api/v1/me",
)  # fmt: skip
LISTS = {
    "/incidents": ("state=open", "kind=near_miss", "service=checkout", "team=search", "sort=title",
                   f"tag={WORDS[1]}", f"title={WORDS[0]}", "severity=SEV1", "sort=changed"),
    "/reviews": ("view=all", "view=overdue", "state=amended", "sort=title"),
    "/actions": ("view=all", "view=board", "view=overdue", "state=accepted", "team=search",
                 "sort=changed"),
    "/lessons": ("view=all", "state=published", f"tag={WORDS[16]}", "team=search", "sort=title"),
    "/library": (f"q={WORDS[0]}", f"q={WORDS[0][:-1]}", f"q={WORDS[0][:5]}", f"q={WORDS[1]}x",
                 "q=checkout", "q=", f"q=tag:{WORDS[1]}", f"tag={WORDS[1]}", f"q={WORDS[11]}*",
                 "q=resolvers&kind=lesson", "service=checkout&sort=newest", "q=chekout"),
    "/api/v1/incidents": ("count=true", "count=true&service=checkout", f"tag={WORDS[1]}&count=true",
                          "count=true&kind=near_miss", "limit=1"),
    "/api/v1/reviews": ("count=true", "count=true&state=amended"),
    "/api/v1/actions": ("count=true", "count=true&team=search", "count=true&overdue=true"),
    "/api/v1/lessons": ("count=true", f"count=true&tag={WORDS[16]}"),
    "/procedures": ("show=all", "show=faults", "service=checkout", "show=mine"),
    "/api/v1/procedures": ("count=true", "with_faults=true&count=true"),
    "/api/v1/search": ("q=", f"q={WORDS[0]}", f"q={WORDS[0][:-1]}", f"q={WORDS[14][:4]}*",
                       "q=checkout", f"tag={WORDS[1]}", "q=chekout", "sort=newest"),
    "/api/v1/similar": (f"text={'%20'.join(WORDS)}", "text=checkout%20502"),
    "/events": ("state=linked", "state=open", "kind=alert", "service=checkout", "kind=change"),
    "/changes": ("service=checkout",),
    "/api/v1/events": ("count=true&state=linked", "count=true&state=open", "sort=seen"),
    "/api/v1/changes": ("count=true", "count=true&service=checkout"),
    "/mentions": (f"mark=%23&q={WORDS[0][:5]}", "mark=%23&q=INC-"),
    "/metrics": (),
}  # fmt: skip


@dataclass
class Told:
    """The application with its people, and what is hidden in it."""

    app: App
    flask_app: Flask
    cast: Cast
    hidden: Hidden

    def browser(self, name: str) -> Browser:
        return Browser(self.flask_app, self.app, self.cast.email(name))

    @property
    def outside(self) -> tuple[str, ...]:
        """Everybody on SQLite; on PostgreSQL, which answers slower, the one who sees most."""
        return ("ada",) if is_postgres(self.app.engine) else OUTSIDE

    def programs(self) -> dict[str, Program]:
        found = {
            name: Program(self.flask_app, secret_for(self.app, self.cast, name))
            for name in self.outside
            if name != "vera"
        }
        found["program"] = Program(self.flask_app, secret_for(self.app, None, "CI"))
        return found

    def asking(self) -> Iterator[tuple[str, Ask, str]]:
        """(who, how they ask for an address, where their addresses begin)."""
        for name in self.outside:
            yield name, self.browser(name).client.get, "/"
        for name, program in self.programs().items():
            yield f"{name}'s program", partial(program.client.get, headers=program.headers), "/api/"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def told(request: pytest.FixtureRequest, make_app: Callable[[str], App], clock: HandClock) -> Told:
    app = make_app(request.param)
    cast = cast_for(app)
    public_past(app, cast, clock)
    return Told(app, wsgi_for(app), cast, private_incident(app, cast, clock))


@pytest.fixture
def untold(
    request: pytest.FixtureRequest, make_app: Callable[[str], App], clock: HandClock, told: Told
) -> Told:
    """The same organisation, in which the private incident never was."""
    app = make_app(request.node.callspec.params["told"])
    cast = cast_for(app)
    public_past(app, cast, clock)
    return Told(app, wsgi_for(app), cast, told.hidden)


def test_strangers_read_the_same_as_if_it_had_never_been(told: Told, untold: Told) -> None:
    for (who, ask, root), (_, ask_there, _) in zip(told.asking(), untold.asking(), strict=True):
        for path in _open_addresses(told.flask_app, root):
            here, there = ask(path), ask_there(path)
            assert here.status_code == there.status_code, (who, path, here.data)
            if here.mimetype == "application/pdf":
                continue
            _assert_silent(here.text, told.hidden, f"{who} {path}")
            if path.partition("?")[0] not in JOURNALS:
                assert _plain(here.text) == _plain(there.text), (who, path)


def test_the_figures_for_monitoring_count_only_what_everybody_may_read(
    told: Told, untold: Told
) -> None:
    here, there = (
        [line for line in one.flask_app.test_client().get("/metrics").text.splitlines()
         if line.startswith("tracker_records")]
        for one in (told, untold)
    )  # fmt: skip
    assert here == there
    assert len(here) == 4


def test_a_private_reference_answers_like_one_that_was_never_given(told: Told) -> None:
    for who, ask, root in told.asking():
        for hidden, missing in _closed_addresses(told, root):
            here, there = ask(hidden), ask(missing)
            _assert_silent(here.text, None, f"{who} {hidden}")
            assert here.status_code == there.status_code, (who, hidden)
            assert here.status_code in (404, 403, 302, 422) or "?" in hidden, (who, hidden)
            assert _nameless(here.text) == _nameless(there.text), (who, hidden)
            assert here.headers.get("ETag") is None or "?" in hidden


def test_a_known_etag_opens_nothing_and_a_retry_is_ones_own(told: Told) -> None:
    alice = Program(told.flask_app, secret_for(told.app, told.cast, "alice"))
    charlie = Program(told.flask_app, secret_for(told.app, told.cast, "charlie"))
    for kind, refs in told.hidden.refs.items():
        place = f"/{next(name for name, prefix in PREFIX_OF.items() if prefix == kind)}/{refs[0]}"
        tag = alice.raw("GET", place).headers["ETag"]
        headers = {"If-None-Match": tag}
        assert alice.raw("GET", place, headers=headers).status_code == 304
        assert charlie.raw("GET", place, headers=headers).status_code == 404
        guard = {"If-Match": tag}
        refused = charlie.raw("PATCH", place, json={"title": "Mine"}, headers=guard)
        assert refused.status_code == 404
    body = {"title": WORDS[0], "severity": "SEV3", "visibility": "private"}
    mine = alice.post("/incidents", body, Idempotency_Key="the-same")
    theirs = charlie.post("/incidents", body, Idempotency_Key="the-same")
    assert mine["ref"] != theirs["ref"]
    charlie.post("/tasks-of-nobody", {}, status=404)
    inside = f"/incidents/{told.hidden.refs['INC'][0]}/tasks"
    alice.post(inside, {"title": "x"}, Idempotency_Key="task")
    charlie.post(inside, {"title": "x"}, status=404, Idempotency_Key="task")


def test_writing_on_it_is_refused_as_for_what_is_not_there_and_changes_nothing(told: Told) -> None:
    told = replace(told, flask_app=without_tokens(told.flask_app))
    browsers = {name: told.browser(name).client for name in told.outside}
    programs = told.programs()
    before = everything(told.app)
    for rule in told.flask_app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            hidden = filled(rule, told.hidden)
            if hidden is None:
                continue
            missing = filled(rule, told.hidden, missing=True)
            body = body_for(rule, method)
            for name in told.outside:
                if rule.rule.startswith("/api/") and name not in programs:
                    continue
                if rule.rule.startswith("/api/"):
                    client, headers = programs[name].client, programs[name].headers
                    sent: dict[str, Any] = {"json": body, "headers": headers}
                else:
                    client, sent = browsers[name], {"data": body}
                here = client.open(hidden, method=method, **sent)
                there = client.open(missing, method=method, **sent)
                # A role too small for the verb is told so whatever the record; an admin's is not.
                expected = (404,) if name == "ada" else (403, 404)
                assert here.status_code in expected, (name, method, hidden, here.text[:500])
                assert here.status_code == there.status_code, (name, method, hidden)
                assert _nameless(here.text) == _nameless(there.text), (name, method, hidden)
                _assert_silent(here.text, None, f"{name} {method} {hidden}")
    assert everything(told.app) == before


def test_records_of_others_cannot_be_tied_to_it(told: Told) -> None:
    programs = told.programs()
    program, ada = programs["program"], programs["ada"]
    incident, review = told.hidden.refs["INC"][0], told.hidden.refs["REV"][0]
    lesson = told.hidden.refs["LES"][0]
    before = everything(told.app)
    tries: list[tuple[str, str, Callable[[str], dict[str, Any]], str]] = [
        ("POST", "/incidents/INC-2/merge", lambda one: {"into": one}, incident),
        ("POST", "/reviews", lambda one: {"incidents": [one]}, incident),
        ("POST", "/actions", lambda one: {"title": "x", "incident": one}, incident),
        ("POST", "/actions", lambda one: {"title": "x", "review": one}, review),
        ("POST", "/lessons", lambda one: {"title": "x", "review": one}, review),
        ("POST", "/lessons", lambda one: {"title": "x", "incidents": [one]}, incident),
        ("PATCH", "/lessons/LES-1", lambda one: {"incidents": [one]}, incident),
    ]
    for method, path, body, reference in tries:
        for asking in (program, ada):
            here = asking.raw(method, path, json=body(reference))
            there = asking.raw(method, path, json=body(f"{reference[:4]}{MISSING}"))
            assert (here.status_code, _nameless(here.text)) == (404, _nameless(there.text)), path
    refused = ada.raw("POST", "/lessons/LES-1/moves", json={"verb": "supersede", "by": lesson})
    assert refused.status_code == 404
    assert everything(told.app) == before


def test_inside_it_is_all_there(told: Told) -> None:
    bob = told.browser("bob").client
    place = f"/incidents/{told.hidden.refs['INC'][0]}"
    seen = bob.get(place).text + bob.get(f"/reviews/{told.hidden.refs['REV'][0]}").text
    for word in (*WORDS[:5], *WORDS[6:9], WORDS[11], *WORDS[14:17]):
        assert word in seen, word
    assert WORDS[0] in bob.get(f"/library?q={WORDS[0]}").text
    assert bob.get(f"/api/v1{place}").status_code == 401


def _assert_silent(text: str, hidden: Hidden | None, where: str) -> None:
    folded = text.lower()
    for word in WORDS:
        # What one types oneself is shown in the search field; the walk asks with these words too.
        assert word in where or word not in folded, f"{where} tells {word}"
    for reference in hidden.all_refs if hidden else ():
        assert not re.search(rf"\b{reference}\b", text), f"{where} names {reference}"


def _open_addresses(flask_app: Flask, root: str) -> list[str]:
    """Every address that one may GET without naming a record that is closed."""
    found = []
    for rule in flask_app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in ("static", "login.link"):
            continue
        if root == "/" and rule.rule.startswith("/api/"):
            continue
        if root != "/" and not rule.rule.startswith(root):
            continue
        path = filled(rule, None)
        if path is not None:
            found.append(path)
            found += [f"{path}?{query}" for query in LISTS.get(path, ())]
    assert len(found) > 40
    return found


def _closed_addresses(told: Told, root: str) -> Iterator[tuple[str, str]]:
    """(address of something closed, the same of something that is not there)."""
    for rule in told.flask_app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith("/api/") != (root != "/"):
            continue
        hidden, missing = (filled(rule, told.hidden, missing=one) for one in (False, True))
        if hidden is not None and missing is not None:
            yield hidden, missing
    incident, review = told.hidden.refs["INC"][0], told.hidden.refs["REV"][0]
    asked = (
        [("/similar", "ref", told.hidden.refs["LES"][0]), ("/audit", "record", incident),
         ("/actions", "review", review), ("/actions", "incident", incident)]
        if root != "/"
        else [("/actions/new", "incident", incident), ("/actions/new", "review", review),
              ("/lessons/new", "review", review), ("/lessons/new", "incident", incident),
              ("/reviews/new", "incident", incident), ("/admin/audit", "record", incident)]
    )  # fmt: skip
    base = "/api/v1" if root != "/" else ""
    for path, name, reference in asked:
        absent = f"{reference[:4]}{MISSING}"
        yield f"{base}{path}?{name}={reference}", f"{base}{path}?{name}={absent}"


def _plain(text: str) -> str:
    """A page without what is new at every request."""
    text = re.sub(r'(csrf[-_]token" (?:content|value)=")[^"]*', r"\1", text)
    return re.sub(r'"score": ?[0-9.e-]+', "", text)


def _nameless(text: str) -> str:
    return re.sub(r"\b(INC|REV|ACT|LES)-\d+", r"\1", _plain(text))
