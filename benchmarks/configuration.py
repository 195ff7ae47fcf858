"""Planning and applying a configuration of thousands of services, as the command line does it."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.figures import bound, print_title
from tracker.app import App
from tracker.configuration.folder import read_folder
from tracker.usecases.configuration import (
    ApplyConfiguration,
    apply_configuration,
    plan_configuration,
)

MOST_SECONDS = 3.0
TEAMS = 100
CHANGED = 50


def measure_configuration(app: App, place: Path, *, services: int) -> None:
    """Prints the seconds of plan and apply, reading the files included."""
    print_title("Operations as code")
    _write(place, services, tier=2)
    began = time.perf_counter()
    with app.begin_as_system() as work:
        applied = apply_configuration(work, ApplyConfiguration(read=read_folder(place)))
    first = time.perf_counter() - began
    _write(place, services, tier=3)
    began = time.perf_counter()
    read = read_folder(place)
    middle = time.perf_counter()
    with app.look_as_system() as look:
        plan = plan_configuration(look, read, prune=True)
    ended = time.perf_counter()
    assert len(plan.writing) == CHANGED
    began_again = time.perf_counter()
    with app.begin_as_system() as work:
        apply_configuration(work, ApplyConfiguration(read=read_folder(place)))
    again = time.perf_counter() - began_again
    print(
        f"{services:,} services and {TEAMS} teams: plan of {CHANGED} changes {ended - began:.2f} s "
        f"(reading the files {middle - began:.2f} s); "
        + bound(f"plan under {MOST_SECONDS:.0f} s", met=ended - began < MOST_SECONDS)
    )
    print(
        f"first apply of {len(applied.plan.writing):,} things {first:.2f} s, "
        f"apply of {CHANGED} changes {again:.2f} s"
    )


def _write(place: Path, services: int, *, tier: int) -> None:
    place.mkdir(exist_ok=True)
    teams = "".join(f"  - key: team-{n}\n    name: Team {n}\n" for n in range(TEAMS))
    (place / "teams.yaml").write_text(f"teams:\n{teams}")
    rows = "".join(_service(n, tier if n < CHANGED else 2) for n in range(services))
    (place / "services.yaml").write_text(f"services:\n{rows}")


def _service(number: int, tier: int) -> str:
    needs = ", ".join(
        f"service-{one}" for one in sorted({number // 2, number // 3}) if one != number
    )
    return (
        f"  - key: service-{number}\n"
        f"    name: Service {number}\n"
        f"    about: What service {number} does for the people who depend on it.\n"
        f"    owner: team-{number % TEAMS}\n"
        f"    tier: {tier}\n"
        f"    tags: [python, team-{number % 7}]\n"
        f"    depends_on: [{needs}]\n"
    )
