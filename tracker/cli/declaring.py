"""The command that declares an incident."""

from __future__ import annotations

import click

from tracker.cli.opening import acting, opened, print_data
from tracker.domain.incident import VISIBILITIES
from tracker.reading.references import ref
from tracker.usecases.respond.declaring import DeclareIncident, declare_incident


@click.command()
@click.argument("title")
@click.option("--severity", default="", help="Chosen directly, for example SEV2; needs --because.")
@click.option("--because", default="", help="Why this severity, when it is chosen directly.")
@click.option("--impact", default="", help="How many it hurts, as the policy names it.")
@click.option("--urgency", default="", help="How soon it hurts, as the policy names it.")
@click.option("--summary", default="", help="What is known so far.")
@click.option("--service", "services", multiple=True, help="Slug; may be repeated.")
@click.option("--team", "teams", multiple=True, help="Slug; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="May be repeated.")
@click.option("--visibility", type=click.Choice(VISIBILITIES), default="org", show_default=True)
@click.option("--as", "email", default="", help="E-mail address of the person who declares.")
@click.option("--json", "as_json", is_flag=True, help="Print {ref, severity, url} as JSON.")
def declare(
    *,
    title: str,
    severity: str,
    because: str,
    impact: str,
    urgency: str,
    summary: str,
    services: tuple[str, ...],
    teams: tuple[str, ...],
    tags: tuple[str, ...],
    visibility: str,
    email: str,
    as_json: bool,
) -> None:
    """Declare an incident and print its reference."""
    with opened() as app:
        ask = DeclareIncident(
            title=title,
            summary=summary,
            severity=severity,
            severity_reason=because or ("Chosen on the command line" if severity else ""),
            impact=impact,
            urgency=urgency,
            services=services,
            teams=teams,
            tags=tags,
            visibility=visibility,
        )
        with app.begin(acting(app, email)) as work:
            incident = declare_incident(work, ask)
        url = f"{app.settings.base_url.rstrip('/')}/incidents/{ref(incident)}"
        if as_json:
            print_data({"ref": ref(incident), "severity": incident.severity, "url": url})
        else:
            click.echo(ref(incident))
            click.echo(url, err=True)
