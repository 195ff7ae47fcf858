"""People, who I am, and tokens for programs."""

from typing import Annotated, Literal

from pydantic import Field

from tracker.api import gate
from tracker.api.feature import Feature
from tracker.api.shapes import (
    Answer,
    Asked,
    Email,
    Instant,
    Line,
    NamedOut,
    PersonOut,
    RowId,
    Word,
    Words,
    person_out,
)
from tracker.db.work import Look, Work
from tracker.domain.errors import Gap, NotValid
from tracker.models.catalogue import ApiToken, Person, Team
from tracker.reading.catalogue import all_people, person_by_email, teams_of_people
from tracker.reading.journal import api_tokens
from tracker.reading.links import people_by_id
from tracker.usecases.people import (
    PersonAsk,
    create_person,
    create_token,
    edit_person,
    revoke_token,
)

api = Feature("people", "People, the token that asks, and tokens for programs.")

Role = Literal["viewer", "responder", "editor", "admin"]
Scope = Literal["read", "write", "admin"]


class PersonPath(Asked):
    email: Email


class TokenPath(Asked):
    token: RowId


class PersonIn(Asked):
    email: Email
    name: Line
    role: Role = "responder"
    teams: Words = []
    time_zone: Word = ""
    active: bool = True


class PersonEdit(Asked):
    """New values; a field that is left out or null stays as it is."""

    name: Line | None = None
    role: Role | None = None
    teams: Words | None = None
    time_zone: Word | None = None
    active: bool | None = None


class TokenIn(Asked):
    """A token; with ``person`` it acts as that person, never above their role."""

    name: Line
    role: Role = "responder"
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)] = ["read", "write"]
    expires_at: Instant | None = None
    person: Email = ""


class MemberOut(PersonOut):
    """A person with role and teams."""

    role: str
    active: bool
    time_zone: str
    teams: list[NamedOut]


class PeopleOut(Answer):
    """Everybody by name, those who left too."""

    items: list[MemberOut]


class MeOut(Answer):
    """What this token stands for and may do."""

    name: str
    kind: str
    role: str
    scopes: list[str]
    person: PersonOut | None
    token: str


class TokenOut(Answer):
    id: int
    name: str
    role: str
    scopes: list[str]
    person: PersonOut | None
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None


class TokensOut(Answer):
    items: list[TokenOut]


class NewTokenOut(TokenOut):
    """A new token. ``secret`` is shown this once; a retry gets it empty."""

    secret: str


@api.reads("/me", MeOut)
def me(look: Look) -> MeOut:
    """Who is asking."""
    actor = look.actor
    person = look.session.get(Person, actor.person_id) if actor.person_id else None
    return MeOut(
        name=actor.name,
        kind=actor.kind,
        role=actor.role,
        scopes=sorted(actor.scopes),
        person=person_out(person),
        token=gate.token().name,
    )


@api.reads("/people", PeopleOut)
def list_all(look: Look) -> PeopleOut:
    """Everybody."""
    teams = teams_of_people(look)
    return PeopleOut(items=[_member(row, teams.get(row.key, [])) for row in all_people(look)])


@api.creates("/people", MemberOut)
def create(work: Work, body: PersonIn) -> MemberOut:
    """Add a person; they sign in with a link from an admin."""
    ask = PersonAsk(**{**body.model_dump(), "teams": tuple(body.teams)})
    row = create_person(work, ask)
    return _member(row, teams_of_people(work).get(row.key, []))


@api.reads("/people/<email>", MemberOut)
def read(look: Look, path: PersonPath) -> MemberOut:
    """One person."""
    row = person_by_email(look, path.email)
    return _member(row, teams_of_people(look).get(row.key, []))


@api.changes("/people/<email>", MemberOut, guarded=False)
def edit(work: Work, path: PersonPath, body: PersonEdit) -> MemberOut:
    """Change name, role, teams, time zone or activity."""
    row = person_by_email(work, path.email)
    stands = {
        "email": row.email,
        "name": row.name,
        "role": row.role,
        "teams": [one.slug for one in teams_of_people(work).get(row.key, [])],
        "time_zone": row.time_zone,
        "active": row.active,
    }
    wanted = {**stands, **body.model_dump(exclude_none=True)}
    edit_person(work, row, PersonAsk(**{**wanted, "teams": tuple(wanted["teams"])}))
    work.session.flush()
    return _member(row, teams_of_people(work).get(row.key, []))


@api.reads("/tokens", TokensOut)
def tokens(look: Look) -> TokensOut:
    """Every token, newest first; for admins."""
    rows = api_tokens(look)
    people = people_by_id(look, [row.person_id for row in rows])
    return TokensOut(items=[_token(row, people.get(row.person_id or 0)) for row in rows])


@api.creates("/tokens", NewTokenOut, secret="secret")  # noqa: S106 - the name of the field
def make_token(work: Work, body: TokenIn) -> NewTokenOut:
    """Make a token; its secret is shown this once."""
    person = person_by_email(work, body.person) if body.person else None
    if body.expires_at is not None and body.expires_at <= work.now:
        raise NotValid(Gap("expires_at", "This lies in the past"))
    row, secret = create_token(
        work,
        name=body.name,
        role=body.role,
        scopes=tuple(body.scopes),
        expires_at=body.expires_at,
        person=person,
    )
    return NewTokenOut(**_token(row, person).model_dump(), secret=secret)


@api.changes("/tokens/<int:token>", TokenOut, method="delete", guarded=False)
def revoke(work: Work, path: TokenPath) -> TokenOut:
    """The token opens nothing any more."""
    row = revoke_token(work, path.token)
    return _token(row, people_by_id(work, [row.person_id]).get(row.person_id or 0))


def _member(row: Person, teams: list[Team]) -> MemberOut:
    return MemberOut(
        email=row.email,
        name=row.name,
        role=row.role,
        active=row.active,
        time_zone=row.time_zone,
        teams=[NamedOut(slug=one.slug, name=one.name) for one in teams],
    )


def _token(row: ApiToken, person: Person | None) -> TokenOut:
    return TokenOut(
        id=row.key,
        name=row.name,
        role=row.role,
        scopes=row.scopes.split(","),
        person=person_out(person),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
