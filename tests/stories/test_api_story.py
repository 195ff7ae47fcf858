"""The whole loop, purely through the API: from declaring to an improvement that is verified."""

from __future__ import annotations

from tests.conftest import Cast, HandClock
from tests.faces.program import program_of
from tests.faces.review_story import readers_wanted
from tracker.app import App
from tracker.reading.share.library import all_documents


def test_a_program_takes_an_incident_from_declaring_to_a_verified_improvement(
    app: App, cast: Cast, clock: HandClock
) -> None:
    readers_wanted(app)
    alice, erin = program_of(app, cast, "alice"), program_of(app, cast, "erin")
    incident = alice.post(
        "/incidents",
        {
            "title": "Checkout answers 502",
            "summary": "Payments fail for everybody.",
            "impact": "everyone",
            "urgency": "now",
            "services": ["checkout"],
            "teams": ["payments"],
            "tags": ["DNS"],
        },
    )
    place = f"/incidents/{incident['ref']}"
    assert incident["severity"] == "SEV1"
    assert incident["tags"] == ["dns"]

    alice.put(f"{place}/roles/commander", {"person": cast.email("alice")})
    clock.forward(minutes=5)
    entry = alice.post(
        f"{place}/timeline", {"text": "Resolver pods restarted", "at": "2026-06-01T09:02:00Z"}
    )
    alice.patch(f"{place}/timeline/{entry['id']}", {"text": "Resolver pods died"})
    before = alice.get(f"{place}/timeline/{entry['id']}/history")["items"]
    assert [one["text"] for one in before] == ["Resolver pods restarted"]
    task = alice.post(f"{place}/tasks", {"title": "Add resolvers", "owner": cast.email("bob")})
    alice.move(f"{place}/tasks/{task['id']}/moves", {"verb": "finish"})
    update = alice.post(f"{place}/updates", {"text": "We are on it"})["next_update_at"]
    assert update == "2026-06-01T09:35:00Z"
    alice.move(f"{place}/moves", {"verb": "mitigate"})
    clock.forward(minutes=20)
    resolved = alice.move(f"{place}/moves", {"verb": "resolve"})
    assert resolved["review"], "SEV1 asks for a review"

    review = f"/reviews/{resolved['review']}"
    for name in ("impact_started", "detected", "diagnosed", "impact_ended"):
        erin.put(f"{place}/times/{name}", {"unknown_because": "Nobody wrote it down"})
    refused = erin.move(f"{review}/moves", {"verb": "publish"}, status=422)
    gate = erin.get(f"{review}/gate")
    assert refused["errors"] == gate["gaps"]
    assert len(gate["gaps"]) > 3, "all gaps at once"

    erin.post(f"{review}/factors", {"term": "hard-rollback", "note": "It took long"})
    lesson = erin.post(
        "/lessons",
        {
            "title": "Resolvers need headroom",
            "situation": "Few resolvers",
            "insight": "They die together",
            "recommendation": "Run three",
            "review": resolved["review"],
            "tags": ["dns"],
        },
    )
    action = erin.post(
        "/actions",
        {
            "title": "Run three resolvers",
            "review": resolved["review"],
            "owner": cast.email("alice"),
        },
    )
    for section in erin.get(f"{review}/sections")["items"]:
        if section["required"] and section["kind"] in ("markdown", "yes_no_because", "choice"):
            erin.put(
                f"{review}/sections/{section['question']}",
                {
                    "text": "Because of this and that.",
                    "choice": "no" if section["kind"] == "yes_no_because" else "",
                    "base_version": section["version"],
                },
            )
    _rest_and_sign(app, cast, clock, review)
    assert erin.get(f"{review}/gate") == {"ready": True, "gaps": []}
    published = erin.move(f"{review}/moves", {"verb": "publish"})
    assert (published["state"], published["published_version"]) == ("published", 1)
    assert erin.get(f"{review}/versions/1")["content"]["title"] == published["title"]
    assert "Because of this and that." in erin.get(f"{review}/export", number=1)["markdown"]
    assert erin.get(f"/lessons/{lesson['ref']}")["state"] == "published"

    _index(app)
    found = alice.get("/search", q="resolvers headroom")
    assert lesson["ref"] in [one["ref"] for one in found["items"]]

    place = f"/actions/{action['ref']}"
    alice.move(f"{place}/moves", {"verb": "accept"})
    alice.move(f"{place}/moves", {"verb": "start"})
    refused = alice.move(f"{place}/moves", {"verb": "finish"}, status=422)
    assert refused["errors"][0]["field"] == "evidence"
    alice.move(f"{place}/moves", {"verb": "finish", "evidence": "https://example.org/1"})
    done = alice.move(f"{place}/moves", {"verb": "verify", "result": "No 502 in three weeks"})
    assert done["state"] == "verified"
    assert [one["verb"] for one in alice.get(f"{place}/moves")["items"]] == [
        *("accept", "start", "finish", "verify")
    ]


def _rest_and_sign(app: App, cast: Cast, clock: HandClock, review: str) -> None:
    """The analysis rests over a weekend, and the two readers that the policy wants sign."""
    alice = program_of(app, cast, "alice")
    assert alice.put(f"{review}/rest", {})["rests_now"]
    assert "soak" in {gap["field"] for gap in alice.get(f"{review}/gate")["gaps"]}
    clock.forward(days=4)
    erin = program_of(app, cast, "erin")
    assert {gap["field"] for gap in erin.get(f"{review}/gate")["gaps"]} == {"sign_offs"}
    for name, part in (("charlie", "peer"), ("ada", "business_owner")):
        erin.post(f"{review}/signoffs", {"person": cast.email(name), "part": part})
        word = {"verdict": "approve", "text": "Clear"}
        said = program_of(app, cast, name).put(f"{review}/signoffs/mine", word)
        assert (said["verdict"], said["person"]["name"]) == ("approve", name.capitalize())
    assert all(one["fulfilled"] for one in erin.get(f"{review}/signoffs")["wanted"])


def _index(app: App) -> None:
    with app.look_as_system() as look:
        app.index.rebuild(all_documents(look))
