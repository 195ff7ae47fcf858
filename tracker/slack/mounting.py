"""The address that Slack sends to, on the one Flask application."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, request
from slack_bolt.adapter.flask import SlackRequestHandler

from tracker.app import App
from tracker.slack.bolt import SlackFace
from tracker.slack.install import slack_install

slack_events = Blueprint("slack_events", __name__)


@slack_events.post("/slack/events")
def receive() -> Response:
    """Commands, interactivity and events, signed by Slack."""
    face: SlackFace = current_app.extensions["slack_face"]
    answer: Response = SlackRequestHandler(face.bolt).handle(request)
    return answer


def mount(flask_app: Flask, app: App) -> SlackFace:
    """The face answers at /slack/events; programs bring a signature there and no cookie."""
    face = SlackFace(app)
    flask_app.extensions["slack_face"] = face
    flask_app.register_blueprint(slack_events)
    flask_app.register_blueprint(slack_install)
    return face
