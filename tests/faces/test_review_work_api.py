"""Marks, evidence, pictures and likeness for programs."""

from __future__ import annotations

import base64

from tests.conftest import Cast
from tests.faces.program import Program, secret_for
from tests.faces.review_story import INCIDENT, resolved
from tests.pictures import png
from tests.usecases.test_review_work import earlier_incident
from tests.wsgi import wsgi_for
from tracker.app import App

REVIEW = "/api/v1/reviews/REV-1"


def test_a_program_marks_entries_keeps_pictures_and_says_what_is_alike(
    app: App, cast: Cast
) -> None:
    resolved(app, cast, entries=2)
    earlier = earlier_incident(app, cast)
    program = Program(wsgi_for(app), secret_for(app, cast, "bob", role="responder"))
    http, headers = program.client, program.headers

    def send(method: str, path: str, body: dict[str, object] | None = None) -> tuple[int, object]:
        answer = http.open(f"{REVIEW}/{path}", method=method, json=body, headers=headers)
        return answer.status_code, answer.json

    entries = [
        one["id"]
        for one in http.get(f"/api/v1/incidents/{INCIDENT}/timeline", headers=headers).json["items"]
        if one["kind"] == "note"
    ]
    status, marks = send("PUT", "moments", {"entries": entries, "moment": "diagnosis"})
    assert status == 200
    assert [one["moment"] for one in marks["items"]] == ["diagnosis"] * 2  # type: ignore[index]
    assert send("GET", "moments") == (200, marks)
    assert send("PUT", "moments", {"entries": entries, "moment": "guilt"})[0] == 422
    assert send("PUT", "moments", {"entries": [99_999], "moment": "repair"})[0] == 404

    content = base64.b64encode(png(4, 3)).decode()
    status, kept = send("POST", "pictures", {"name": "g.png", "content_base64": content})
    assert (status, kept["width"], kept["height"]) == (201, 4, 3)  # type: ignore[index]
    assert send("GET", "pictures/1")[1]["content_base64"] == content  # type: ignore[index]
    for wrong in ("%%%", base64.b64encode(b"<svg/>").decode()):
        assert send("POST", "pictures", {"name": "g", "content_base64": wrong})[0] == 422

    status, piece = send("POST", "evidence", {"picture_id": 1, "entry_id": entries[0]})
    assert (status, piece["entry_id"]) == (201, entries[0])  # type: ignore[index]
    assert send("DELETE", "evidence/1")[0] == 200
    assert send("GET", "evidence") == (200, {"items": []})

    assert send("GET", "alike")[1]["incidents"][0]["same"] is None  # type: ignore[index]
    pair = {"incident": INCIDENT, "other": earlier, "same": True, "why": "One pool"}
    told = send("PUT", "alike", pair)[1]["incidents"][0]  # type: ignore[index]
    assert (told["same"], told["why"], told["actions"][0]["helped"]) == (
        True, "One pool", "Not finished",
    )  # fmt: skip
    assert send("GET", "presence") == (200, {"items": []})
    words = [one["kind"] for one in send("GET", "story")[1]["moments"]]  # type: ignore[index]
    assert words.count("diagnosis") == 2
