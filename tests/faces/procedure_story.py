"""A procedure to run, written by Alice and in use."""

from __future__ import annotations

from tests.conftest import Cast
from tracker.app import App
from tracker.models.procedure import Procedure, ProcedureRun
from tracker.reading.references import incident_by_ref, procedure_by_ref, ref
from tracker.usecases.improve.procedures import (
    MoveProcedure,
    WriteProcedure,
    move_procedure,
    write_procedure,
)
from tracker.usecases.respond.procedure_runs import StartRun, start_run

TEXT = """Breathe first.

## Drain

1. Take the node out of the pool:

   ```
   drain node-1
   ```

2. Wait for `zero` connections

## Mend

- [ ] Restart the resolver
- a hint, no step
- [ ] Look at the graph
"""


def a_procedure(app: App, cast: Cast, *verbs: str, by: str = "alice", **given: object) -> str:
    """The reference of a procedure with four steps, after these verbs."""
    ask: dict[str, object] = {
        "title": "Restart the resolver",
        "text": TEXT,
        "owner": cast.email("alice"),
        "team": "payments",
        "services": ("checkout",),
        **given,
    }
    with app.begin(getattr(cast, by)) as work:
        procedure = write_procedure(work, WriteProcedure(**ask))  # type: ignore[arg-type]
        reference = ref(procedure)
    for verb in verbs:
        with app.begin(cast.erin) as work:
            ask_move = MoveProcedure(verb=verb, why="Because")
            move_procedure(work, procedure_by_ref(work, reference), ask_move)
    return reference


def a_run(app: App, cast: Cast, incident: str, procedure: str, *, by: str = "alice") -> int:
    """The id of a run of the procedure in the incident."""
    with app.begin(getattr(cast, by)) as work:
        row = incident_by_ref(work, incident)
        return start_run(work, row, StartRun(procedure=procedure)).key


def stands(app: App, reference: str) -> Procedure:
    """The procedure as it is stored now."""
    with app.look_as_system() as look:
        return procedure_by_ref(look, reference)


def run_stands(app: App, run_id: int) -> ProcedureRun:
    """The run as it is stored now."""
    with app.look_as_system() as look:
        return look.find(ProcedureRun, run_id, what="That run")
