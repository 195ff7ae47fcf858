"""``tracker serve --demo``: from nothing to a tracker one can look around in."""

from __future__ import annotations

import click
from sqlmodel import col, select

from tracker.app import App
from tracker.cli.exchange import load_demo_into
from tracker.cli.setting_up import seed_database
from tracker.models.catalogue import Person
from tracker.usecases.people import make_sign_in_link


def ready_to_try(app: App, *, address: str) -> None:
    """The database is at this version; an empty one has the demo organisation; a link is printed.

    What people have changed since the first start stays as they left it.
    """
    if not app.schema_is_current():
        seed_database(app)
    with app.look_as_system() as look:
        empty = look.session.exec(select(Person.id).limit(1)).first() is None
    if empty:
        load_demo_into(app)
    with app.begin_as_system() as work:
        admin = work.session.exec(
            select(Person)
            .where(Person.role == "admin", col(Person.active).is_(True))
            .order_by(col(Person.id))
        ).first()
        if admin is None:
            return
        secret = make_sign_in_link(work, admin)
    click.echo(f"\n  Sign in as {admin.name}, once, within half an hour:", err=True)
    click.echo(f"  {address}/sign-in/link/{secret}\n", err=True)
