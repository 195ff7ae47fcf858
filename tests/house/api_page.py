"""docs/use/api.md, written from the OpenAPI document itself."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tracker.app import App
from tracker.settings import Settings
from tracker.wsgi import create_wsgi

OPENING = (
    "Programs speak JSON below `/api/v1`. The whole of it is described at `/api/v1/openapi.json`, "
    "ready for generators of clients."
)
MANNERS = """\
## A first request

An admin makes a token, on the administration page or with `tracker token create --name CI --role
responder`. It is shown once. Send it with every request; cookies do not count here:

    curl -H "Authorization: Bearer trk_…" http://127.0.0.1:8000/api/v1/incidents?state=open

Declaring, with a key so that a retry does not declare twice:

    curl -H "Authorization: Bearer trk_…" -H "Content-Type: application/json" \\
         -H "Idempotency-Key: alert-4711" \\
         -d '{"title": "Checkout answers 502", "impact": "many", "urgency": "now"}' \\
         http://127.0.0.1:8000/api/v1/incidents

## What holds everywhere

- **Who.** A token made for a person acts as that person, never above their role, and sees what
  they see. A token of a program sees what the whole organisation may read. Scopes (`read`, `write`,
  `admin`) narrow it further. What may not be seen is answered like what does not exist: 404.
- **References** are the ones people use: `INC-12`, `REV-3`, `ACT-41`, `LES-7`; teams and services
  go by slug, people by e-mail address.
- **Times** carry a zone: `2027-01-04T09:00:00Z`. Days are written `2027-01-04`.
- **Lists** bring `items` and `next_cursor`; send it as `cursor` for the next page, until it is
  empty. `limit` goes up to 200. Filters are repeated for several values. `count=true` also counts,
  up to 1,001. Short lists (teams, services, people, tokens) come whole.
- **Versions.** A record read alone has an `ETag`. `If-None-Match` gives 304 while nothing changed.
  `If-Match` on a change guards against overwriting somebody else's: 409 names the version that
  stands now. Without it the change is made on whatever stands. Where there is no version (teams,
  services, people, tokens, factors) the header is refused rather than ignored.
- **Retries.** `Idempotency-Key` on a creation: the same key with the same request within a day
  creates once and gets the same answer; with another request it is a conflict. The secret of a
  token is not kept for a retry.
- **Sections** of a review are merged when two people write at once: send the `base_version` you
  read, and look at `conflicts` in the answer.
- **Unknown fields and parameters** are refused, so that a typing mistake never goes unnoticed.

## Errors

Every refusal has one shape:

    {"ok": false, "code": "not_valid", "message": "…", "errors": [{"field": "title",
     "message": "…"}], "hint": "…", "status": 422}

| status | when |
| --- | --- |
| 400 | the body is not JSON |
| 401 | there is no token, or it opens nothing |
| 403 | the role or the scopes do not include this |
| 404 | there is no such thing, or it is hidden |
| 409 | somebody else changed it meanwhile, or a retry key was used for something else |
| 413 | the body is too large |
| 415 | the body is not sent as `application/json` |
| 422 | a field needs another look, or the state refuses the verb: all of them at once |
"""
ORDER = ("get", "post", "put", "patch", "delete")


def api_lines() -> list[str]:
    """What holds everywhere, then a table of requests for each feature."""
    described = description()
    lines = [MANNERS]
    for tag in described["tags"]:
        rows = [
            f"| `{method.upper()} {path.removeprefix('/api/v1')}` | {operation['summary']} |"
            for path, operations in described["paths"].items()
            for method, operation in sorted(operations.items(), key=lambda one: ORDER.index(one[0]))
            if tag["name"] in operation["tags"]
        ]
        lines += [f"## {tag['name'].capitalize()}", "", tag["description"], ""]
        lines += ["| request | what it does |", "| --- | --- |", *rows, ""]
    return lines


def description() -> dict[str, Any]:
    """The OpenAPI document as a program gets it."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(Settings(data_dir=Path(folder), secret_key="s" * 40))
        answer = create_wsgi(app).test_client().get("/api/v1/openapi.json")
        app.close()
    found: dict[str, Any] = answer.get_json()
    return found
