"""Every verb as it is typed: what it does, and what the person reads."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from sqlmodel import select

from tests.faces.review_story import answer_everything
from tests.slack.face.stage import Stage, publish_lesson, rebuild
from tracker.models.action import Action
from tracker.models.catalogue import Person, Service
from tracker.models.incident import Incident, IncidentTime, RoleAssignment, Task
from tracker.reading.references import review_by_ref
from tracker.senders.slack_manifest import SHORTCUTS
from tracker.slack.bolt import verb_table
from tracker.slack.respond import shortcuts
from tracker.slack.verbs import ANYWHERE, INCIDENT
from tracker.usecases.analyse.depth import rest_analysis

TABLE = verb_table()
IN_CHANNEL = [verb.name for verb in TABLE.verbs.values() if verb.place == INCIDENT]
OFFERED = """
declare near-miss record list search todo help status update sev role handover note task action
change runbook similar mitigated resolve reopen merge private timeline review
"""


def test_every_verb_that_was_promised_can_be_typed() -> None:
    assert [name for name in OFFERED.split() if TABLE.typed(name) is None] == []


def test_every_verb_stands_in_the_documentation() -> None:
    told = (Path(__file__).parents[3] / "docs/use/slack.md").read_text()
    wanted = [verb.name for verb in TABLE.verbs.values() if verb.place in (ANYWHERE, INCIDENT)]
    assert [name for name in wanted if not re.search(rf"`(/incident )?{name}\b", told)] == []


def test_shortcuts_are_called_as_the_manifest_says() -> None:
    known = {value for value in vars(shortcuts).values() if isinstance(value, str)}
    assert {key for key, *_ in SHORTCUTS} <= known


def test_no_two_verbs_share_a_name() -> None:
    names = [name for verb in TABLE.verbs.values() for name in (verb.name, *verb.other_names)]
    assert sorted(names) == sorted(set(names))


def test_outside_an_incidents_channel_a_verb_says_where_to_use_it(stage: Stage) -> None:
    for verb in IN_CHANNEL:
        said = stage.said("alice", f"{verb} something")
        assert "not the channel of an incident" in said, verb
        assert "/incident list" in said, verb


def test_bare_the_command_shows_what_is_possible_here(stage: Stage) -> None:
    outside = stage.said("alice", "")
    assert "/incident declare" in outside
    assert "/incident handover" not in outside
    stage.enter(stage.room.declare())
    inside = stage.said("alice", "help")
    assert "You are in the channel of INC-1" in inside
    assert "/incident update" in inside and "/incident merge" not in inside, "no wall of text"
    names = [verb.name for verb in TABLE.verbs.values() if verb.place in (ANYWHERE, INCIDENT)]
    assert [name for name in names if not re.search(rf"`(/incident )?{name}\b", inside)] == []
    whole = stage.said("alice", "help all")
    assert [name for name in names if f"/incident {name}" not in whole] == []


def test_a_wrong_word_gets_the_nearest_verb(stage: Stage) -> None:
    slips = {
        "decalre": "declare",
        "satus": "status",
        "handver": "handover",
        "miigated": "mitigated",
    }
    for typed, meant in slips.items():
        assert f"Did you mean `/incident {meant}`?" in stage.said("alice", typed)


def test_a_word_like_no_verb_gets_the_help(stage: Stage) -> None:
    said = stage.said("alice", "zzzzqqq")
    assert "Did you mean" not in said
    assert "/incident help" in said


def test_declare_with_severity_and_title_declares_at_once(stage: Stage) -> None:
    spellings = ("SEV2", "sev2", "sev-2", "s2", "sev 2", "Major")
    for number, severity in enumerate(spellings, start=1):
        said = stage.said("alice", f"declare {severity} Checkout answers with errors")
        incident = stage.incident(number)
        assert (incident.title, incident.severity) == ("Checkout answers with errors", "SEV2")
        assert incident.declared_by_id == stage.room.cast.alice.person_id
        assert f"INC-{number}" in said


def test_where_we_are_is_told_to_one_person(inside: Stage) -> None:
    answer = inside.type("bob", "status")
    assert answer["response_type"] == "ephemeral"
    assert "Checkout answers with errors" in str(answer["blocks"])


def test_an_update_is_posted_with_its_promise(inside: Stage) -> None:
    said = inside.said("alice", "update Pool restarted, errors fall. Next in 30 min")
    assert "Posted" in said
    row = inside.incident()
    assert row.next_update_at == inside.room.clock.now + timedelta(minutes=30)
    inside.deliver()
    assert any("Pool restarted" in text for text in inside.room.texts(inside.channel_id))


def test_the_severity_changes_with_its_reason(inside: Stage) -> None:
    assert "SEV3" in inside.said("alice", "sev SEV3 because only two shops are affected")
    assert inside.incident().severity == "SEV3"
    system = [row.text for row in inside.entries(kind="system")]
    assert "Severity SEV1 → SEV3: only two shops are affected" in system


def roles(stage: Stage) -> dict[str, int]:
    with stage.room.app.look_as_system() as look:
        rows = look.session.exec(select(RoleAssignment)).all()
    return {row.role: row.person_id for row in rows if row.until_at is None}


def test_roles_are_taken_given_handed_over_and_freed(inside: Stage) -> None:
    cast = inside.room.cast
    inside.said("alice", "role commander")
    assert roles(inside) == {"commander": cast.alice.person_id}
    inside.said("alice", f"role comms <@{inside.ids['bob']}|bob>")
    assert roles(inside)["communications"] == cast.bob.person_id
    assert "Bob" in inside.said("alice", f"handover <@{inside.ids['bob']}>")
    assert roles(inside)["commander"] == cast.bob.person_id
    inside.said("bob", "role commander nobody")
    assert "commander" not in roles(inside)


def test_a_role_that_nobody_has_cannot_be_handed_over(inside: Stage) -> None:
    said = inside.said("alice", f"handover scribe <@{inside.ids['bob']}>")
    assert "Nobody has this role yet" in said


NOTES = (
    ("note restarted the pool", 0, "restarted the pool", "note"),
    ("note at 08:51 restarted the pool", 10, "restarted the pool", "note"),
    ("note 10 min ago: restarted the pool", 10, "restarted the pool", "note"),
    ("note decision: we fail over", 0, "we fail over", "decision"),
    ("note 08:31 observation: errors fall", 30, "errors fall", "observation"),
    ("note in 5 min we restart", 0, "in 5 min we restart", "note"),
    ("note `rm -rf` &lt;b&gt; &amp; 🎉", 0, "`rm -rf` <b> & 🎉", "note"),
    ("note سقط الخادم", 0, "سقط الخادم", "note"),
    ("note ```\nselect 1;\n```", 0, "```\nselect 1;\n```", "note"),
)


def test_a_note_stands_where_it_belongs(inside: Stage) -> None:
    for typed, minutes_ago, text, kind in NOTES:
        said = inside.said("alice", typed)
        entry = inside.entries()[-1]
        assert (entry.text, entry.kind) == (text, kind), said
        assert entry.at == inside.room.clock.now - timedelta(minutes=minutes_ago), said


def test_the_writer_of_a_note_is_asked_a_question_about_its_wording(inside: Stage) -> None:
    before = len(inside.entries())
    said = inside.said("alice", "note Dana should have noticed the lag; we `forgot` nothing")
    assert "Only you see this" in said
    assert "_should have noticed_: What did people see and know" in said
    assert said.count("_:") == 1
    assert len(inside.entries()) == before + 1
    assert "Only you see this" not in inside.said("alice", "note the pod failed to start")
    with inside.room.app.begin_as_system() as work:
        work.add(Service(slug="oscar", name="Oscar"))
    assert "Only you see this" not in inside.said("alice", "note Oscar forgot its offsets")


def test_a_mention_in_a_note_is_kept_as_a_name(inside: Stage) -> None:
    inside.said("alice", f"note <@{inside.ids['bob']}|bob> restarts it, see <https://x.example/1>")
    assert inside.entries()[0].text == "@Bob restarts it, see https://x.example/1"


def test_times_are_read_in_the_speakers_own_zone(inside: Stage) -> None:
    with inside.room.app.begin_as_system() as work:
        person = work.session.get(Person, inside.room.cast.bob.person_id)
        assert person is not None
        person.time_zone = "Asia/Kathmandu"  # 14:46 there when it is 09:01 UTC
    inside.said("bob", "note at 14:31 the first alert")
    assert inside.entries()[0].at == inside.room.clock.now - timedelta(minutes=15)


def tasks(stage: Stage) -> list[Task]:
    with stage.room.app.look_as_system() as look:
        return list(look.session.exec(select(Task).order_by(Task.id)))  # type: ignore[arg-type]


def test_tasks_are_added_shown_ticked_and_opened_again(inside: Stage) -> None:
    assert "no task yet" in inside.said("alice", "task")
    inside.said("alice", f"task fail over the replica <@{inside.ids['bob']}>")
    (task,) = tasks(inside)
    assert (task.title, task.owner_id) == ("fail over the replica", inside.room.cast.bob.person_id)
    assert "fail over the replica" in str(inside.type("alice", "task")["blocks"])
    inside.said("alice", "task done fail over")
    assert tasks(inside)[0].done_at is not None
    inside.said("alice", "task reopen 1")
    assert tasks(inside)[0].done_at is None
    assert "no such task" in inside.said("alice", "task done 99")


def test_a_word_about_tasks_alone_is_no_task(inside: Stage) -> None:
    inside.said("alice", "task fail over the replica")
    for word in ("done", "finish", "reopen"):
        said = inside.said("alice", f"task {word}")
        assert "Which one?" in said and "fail over the replica" in said, word
    for word in ("add", "new"):
        assert inside.form(lambda word=word: inside.type("alice", f"task {word}"))
    assert [task.title for task in tasks(inside)] == ["fail over the replica"]


def test_an_action_is_proposed_for_afterwards(inside: Stage) -> None:
    said = inside.said("alice", f"action alert on pool waits <@{inside.ids['bob']}>")
    with inside.room.app.look_as_system() as look:
        (action,) = look.session.exec(select(Action)).all()
    assert (action.title, action.incident_id) == ("alert on pool waits", 1)
    assert action.owner_id == inside.room.cast.bob.person_id
    assert "ACT-1" in said


def test_changes_and_runbooks_stand_in_the_timeline_with_their_links(inside: Stage) -> None:
    inside.said("alice", "change 08:41 deployed checkout 5.2 <https://ci.example/9>")
    inside.said("alice", "runbook <https://books.example/pool>")
    change, runbook = inside.entries()
    assert (change.kind, change.source_url) == ("change", "https://ci.example/9")
    assert change.at == inside.room.clock.now - timedelta(minutes=20)
    assert runbook.source_url == "https://books.example/pool"
    assert "https://books.example/pool" in inside.said("bob", "runbook")


def stated(stage: Stage, name: str) -> IncidentTime:
    with stage.room.app.look_as_system() as look:
        rows = look.session.exec(select(IncidentTime).where(IncidentTime.name == name)).all()
    return next(row for row in rows if row.current)


def test_an_incident_goes_its_way_and_comes_back(inside: Stage) -> None:
    now = inside.room.clock.now
    inside.room.clock.forward(minutes=30)
    inside.said("alice", "investigate")
    inside.said("alice", "mitigated 5 min ago")
    assert stated(inside, "mitigated").at == now + timedelta(minutes=25)
    said = inside.said("alice", "resolve")
    assert inside.incident().state == "resolved"
    assert "REV-1" in said
    inside.said("alice", "reopen the errors are back")
    assert inside.incident().state == "investigating"
    inside.said("alice", "resolve")
    inside.said("alice", "close")
    assert inside.incident().state == "closed"


def test_a_move_that_is_not_possible_says_what_is(inside: Stage) -> None:
    said = inside.said("alice", "reopen it is back")
    assert "is declared" in said
    assert "Possible now" in said


def test_merge_says_where_the_work_goes_on(inside: Stage) -> None:
    inside.room.declare("The same again")
    said = inside.said("alice", "merge into inc-2 it is the same")
    assert "INC-2" in said
    assert inside.incident().state == "merged"


def test_private_closes_it_to_the_circle_and_off_opens_it(inside: Stage) -> None:
    inside.said("alice", f"private <@{inside.ids['bob']}>")
    assert inside.incident().circle_id is not None
    assert "was not found" in inside.said("charlie", "status")
    assert "INC-1" in inside.said("bob", "status")
    inside.said("alice", "private off")
    assert inside.incident().circle_id is None


def test_a_private_incident_is_in_nobody_elses_answers(inside: Stage) -> None:
    inside.said("alice", "private")
    for typed in ("list", "search checkout errors", "todo", "similar checkout"):
        assert "Checkout answers" not in inside.said("charlie", typed), typed


def test_times_of_the_incident_are_stated(inside: Stage) -> None:
    inside.said("alice", "time detected at 08:51")
    assert stated(inside, "detected").at == inside.room.clock.now - timedelta(minutes=10)
    inside.said("alice", "time diagnosed unknown nobody wrote it down")
    assert stated(inside, "diagnosed").unknown_because == "nobody wrote it down"


def test_the_timeline_and_what_waits_can_be_read(inside: Stage) -> None:
    inside.said("alice", "note restarted the pool")
    assert "restarted the pool" in inside.said("bob", "timeline")
    inside.said("alice", f"action alert on waits <@{inside.ids['bob']}>")
    assert "ACT-1 alert on waits" in inside.said("bob", "todo")
    assert "Nothing waits" in inside.said("charlie", "todo")


def test_similar_and_search_find_what_was_known_before(inside: Stage) -> None:
    app = inside.room.app
    with app.begin(inside.room.cast.erin) as work:
        publish_lesson(work)
    rebuild(app)
    assert "LES-1" in inside.said("bob", "search bounded pools")
    assert "LES-1" in inside.said("bob", "similar connection pool exhausted")
    answer = inside.type("bob", "pools", command="/lessons")
    assert "share_lesson" in str(answer["blocks"])
    assert "LES-1" in str(inside.type("bob", "", command="/lessons")["blocks"])


def test_open_incidents_are_listed_with_their_channels(inside: Stage) -> None:
    assert f"<#{inside.channel_id}>" in inside.said("bob", "list")
    with inside.room.app.look_as_system() as look:
        assert look.session.get(Incident, 1) is not None


def test_a_rest_that_is_not_over_leads_to_the_page_of_it(inside: Stage) -> None:
    inside.said("erin", "note It began after the deployment")
    inside.said("erin", "resolve")
    answer_everything(inside.room.app, inside.room.cast.erin)
    with inside.room.app.begin(inside.room.cast.erin) as work:
        rest_analysis(work, review_by_ref(work, "REV-1"))
    blocks = str(inside.type("erin", "review")["blocks"])
    assert "The analysis rests until" in blocks
    assert "/reviews/REV-1/depth|Let it rest there>" in blocks
