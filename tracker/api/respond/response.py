"""The response to an incident: roles, tasks and status updates."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints

from tracker.api.feature import Feature
from tracker.api.given import expected_version
from tracker.api.shapes import (
    NO_NUL,
    Answer,
    Asked,
    Cursor,
    Done,
    Email,
    IncidentRef,
    Instant,
    Limit,
    Line,
    Note,
    PersonOut,
    RowId,
    ask_from,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.models.catalogue import Person
from tracker.models.incident import RoleAssignment, StatusUpdate, Task
from tracker.reading.links import people_by_id
from tracker.reading.references import incident_by_ref
from tracker.reading.respond.response import role_history, tasks_of, updates_page
from tracker.usecases.respond.response import (
    PostUpdate,
    add_task,
    assign_role,
    finish_task,
    hand_over_role,
    post_update,
    release_role,
    reopen_task,
)

api = Feature("response", "Who does what during an incident, and what others are told.")

RoleName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=NO_NUL)]


class ResponsePath(Asked):
    ref: IncidentRef


class RolePath(Asked):
    ref: IncidentRef
    role: RoleName


class TaskPath(Asked):
    ref: IncidentRef
    task: RowId


class UpdatesQuery(Asked):
    limit: Limit = 50
    cursor: Cursor = ""


class RoleIn(Asked):
    """Who takes the role, by e-mail address."""

    person: Email


class TaskIn(Asked):
    title: Line
    owner: Email = ""


class TaskMoveIn(Asked):
    verb: Literal["finish", "reopen"]


class UpdateIn(Asked):
    """A status update; when the next one comes follows from the severity if it is left out."""

    text: Note
    audience: Literal["internal", "customers"] = "internal"
    next_update_at: Instant | None = None


class RoleOut(Answer):
    role: str
    role_name: str
    person: PersonOut | None
    from_at: Instant
    until_at: Instant | None


class RolesOut(Answer):
    """Everybody who has or had a role, oldest first."""

    items: list[RoleOut]


class TaskOut(Answer):
    id: int
    title: str
    owner: PersonOut | None
    created_at: Instant
    done_at: Instant | None


class TasksOut(Answer):
    items: list[TaskOut]


class UpdateOut(Answer):
    id: int
    at: Instant
    author: PersonOut | None
    text: str
    audience: str
    next_update_at: Instant | None


class UpdatesOut(Answer):
    items: list[UpdateOut]
    next_cursor: str


@api.reads("/incidents/<ref>/roles", RolesOut)
def roles(look: Look, path: ResponsePath) -> RolesOut:
    """Who has which role, and who had it before."""
    incident = incident_by_ref(look, path.ref)
    rows = role_history(look, incident)
    people = people_by_id(look, [row.person_id for row in rows])
    policy = look.policy_of(incident.policy_version)
    return RolesOut(items=[_role(row, policy.role_name(row.role), people) for row in rows])


@api.changes("/incidents/<ref>/roles/<role>", RoleOut, method="put")
def assign(work: Work, path: RolePath, body: RoleIn) -> RoleOut:
    """Give the role to a person; whoever had it hands it over."""
    incident = incident_by_ref(work, path.ref)
    work.expect(incident, expected_version())
    row = assign_role(work, incident, role=path.role, person=body.person)
    policy = work.policy_of(incident.policy_version)
    return _role(row, policy.role_name(row.role), people_by_id(work, [row.person_id]))


@api.changes("/incidents/<ref>/roles/<role>/hand-over", RoleOut, method="post")
def hand_over(work: Work, path: RolePath, body: RoleIn) -> RoleOut:
    """Pass a role that somebody has to somebody else."""
    incident = incident_by_ref(work, path.ref)
    work.expect(incident, expected_version())
    row = hand_over_role(work, incident, role=path.role, to=body.person)
    policy = work.policy_of(incident.policy_version)
    return _role(row, policy.role_name(row.role), people_by_id(work, [row.person_id]))


@api.changes("/incidents/<ref>/roles/<role>", Done, method="delete")
def release(work: Work, path: RolePath) -> Done:
    """Nobody has the role any more."""
    incident = incident_by_ref(work, path.ref)
    work.expect(incident, expected_version())
    release_role(work, incident, role=path.role)
    return Done()


@api.reads("/incidents/<ref>/tasks", TasksOut)
def tasks(look: Look, path: ResponsePath) -> TasksOut:
    """The tasks of an incident."""
    rows = tasks_of(look, incident_by_ref(look, path.ref))
    people = people_by_id(look, [row.owner_id for row in rows])
    return TasksOut(items=[_task(row, people) for row in rows])


@api.creates("/incidents/<ref>/tasks", TaskOut)
def add(work: Work, path: ResponsePath, body: TaskIn) -> TaskOut:
    """Add a task."""
    incident = incident_by_ref(work, path.ref)
    row = add_task(work, incident, title=body.title, owner=body.owner)
    return _task(row, people_by_id(work, [row.owner_id]))


@api.changes("/incidents/<ref>/tasks/<int:task>/moves", TaskOut, method="post")
def move_task(work: Work, path: TaskPath, body: TaskMoveIn) -> TaskOut:
    """Finish a task, or open it again."""
    incident = incident_by_ref(work, path.ref)
    work.expect(incident, expected_version())
    verb = finish_task if body.verb == "finish" else reopen_task
    row = verb(work, incident, path.task)
    return _task(row, people_by_id(work, [row.owner_id]))


@api.reads("/incidents/<ref>/updates", UpdatesOut)
def updates(look: Look, path: ResponsePath, query: UpdatesQuery) -> UpdatesOut:
    """Status updates, newest first, a page at a time."""
    incident = incident_by_ref(look, path.ref)
    listed = updates_page(look, incident, cursor=query.cursor, limit=query.limit)
    people = people_by_id(look, [row.author_id for row in listed.items])
    return UpdatesOut(
        items=[_update(row, people) for row in listed.items], next_cursor=listed.next_cursor
    )


@api.creates("/incidents/<ref>/updates", UpdateOut)
def post(work: Work, path: ResponsePath, body: UpdateIn) -> UpdateOut:
    """Post a status update and set the clock for the next one."""
    incident = incident_by_ref(work, path.ref)
    row = post_update(work, incident, ask_from(PostUpdate, body))
    return _update(row, people_by_id(work, [row.author_id]))


def _role(row: RoleAssignment, name: str, people: Mapping[int, Person]) -> RoleOut:
    return RoleOut(
        role=row.role,
        role_name=name,
        person=person_out(people.get(row.person_id)),
        from_at=row.from_at,
        until_at=row.until_at,
    )


def _task(row: Task, people: Mapping[int, Person]) -> TaskOut:
    return TaskOut(
        id=row.key,
        title=row.title,
        owner=person_out(people.get(row.owner_id or 0)),
        created_at=row.created_at,
        done_at=row.done_at,
    )


def _update(row: StatusUpdate, people: Mapping[int, Person]) -> UpdateOut:
    return UpdateOut(
        id=row.key,
        at=row.at,
        author=person_out(people.get(row.author_id or 0)),
        text=row.text,
        audience=row.audience,
        next_update_at=row.next_update_at,
    )
