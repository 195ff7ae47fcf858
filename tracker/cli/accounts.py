"""Commands for people and tokens."""

from __future__ import annotations

import click
from sqlmodel import col, select

from tracker.cli.opening import opened, print_data, print_table
from tracker.domain.errors import Gaps, NotFound
from tracker.domain.people import ROLES, SCOPES
from tracker.models.catalogue import ApiToken, Person
from tracker.reading.references import person_named
from tracker.usecases.people import (
    PersonAsk,
    create_person,
    create_token,
    make_sign_in_link,
    revoke_token,
)


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--name", required=True, help="What it is for, as it is shown in the audit.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True,
              help="May be repeated; read and write unless said otherwise.")  # fmt: skip
@click.option("--person", default="", help="E-mail address: the token acts as this person.")
def create(name: str, role: str, scopes: tuple[str, ...], person: str) -> None:
    """Make a token and print it, and nothing else. It is shown this once."""
    with opened() as app, app.begin_as_system() as work:
        gaps = Gaps()
        whose = person_named(work, person, gaps, "person")
        gaps.raise_not_valid()
        usual = ("read", "write", "admin") if role == "admin" else ("read", "write")
        _, secret = create_token(work, name=name, role=role, scopes=scopes or usual, person=whose)
    click.echo(secret)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="As data.")
def list_tokens(*, as_json: bool) -> None:
    """Every token with its number, newest last; never its secret."""
    with opened() as app, app.look_as_system() as look:
        rows = look.session.exec(select(ApiToken).order_by(col(ApiToken.id))).all()
    if as_json:
        print_data(
            [
                {
                    "id": row.id,
                    "name": row.name,
                    "role": row.role,
                    "scopes": row.scopes.split(","),
                    "created_at": row.created_at,
                    "last_used_at": row.last_used_at,
                    "revoked_at": row.revoked_at,
                }
                for row in rows
            ]
        )
        return
    print_table(
        [
            (
                str(row.id),
                row.name,
                row.role,
                row.scopes,
                f"{row.last_used_at:%Y-%m-%d}" if row.last_used_at else "never",
                "revoked" if row.revoked_at else "",
            )
            for row in rows
        ],
        ("number", "name", "role", "scopes", "last used", ""),
    )


@token.command("revoke")
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """The token with this number opens nothing any more."""
    with opened() as app, app.begin_as_system() as work:
        row = revoke_token(work, number)
    click.echo(f"The token “{row.name}” opens nothing any more.", err=True)


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="responder", show_default=True)
@click.option("--team", "teams", multiple=True, help="Slug of a team; may be repeated.")
@click.option("--time-zone", default="", help="Like Europe/Berlin; the organisation's without it.")
def create_user(email: str, name: str, role: str, teams: tuple[str, ...], time_zone: str) -> None:
    """Add a person. They sign in with a link from: tracker user link EMAIL."""
    with opened() as app, app.begin_as_system() as work:
        ask = PersonAsk(email=email, name=name, role=role, teams=teams, time_zone=time_zone)
        row = create_person(work, ask)
    click.echo(f"{row.name} is here; next: tracker user link {row.email}", err=True)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="As data.")
def list_users(*, as_json: bool) -> None:
    """Everybody with an account."""
    with opened() as app, app.look_as_system() as look:
        rows = look.session.exec(select(Person).order_by(col(Person.email))).all()
    if as_json:
        print_data(
            [
                {"email": row.email, "name": row.name, "role": row.role, "active": row.active}
                for row in rows
            ]
        )
        return
    print_table(
        [(row.email, row.name, row.role, "" if row.active else "left") for row in rows],
        ("email", "name", "role", ""),
    )


@user.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a link that signs this person in, once, within half an hour."""
    with opened() as app:
        with app.begin_as_system() as work:
            wanted = email.strip().lower()
            query = select(Person).where(Person.email == wanted, col(Person.active).is_(True))
            person = work.session.exec(query).first()
            if person is None:
                raise NotFound(f"An active person with the address {wanted[:80]}")
            secret = make_sign_in_link(work, person)
        click.echo(f"{app.settings.base_url.rstrip('/')}/sign-in/link/{secret}")
