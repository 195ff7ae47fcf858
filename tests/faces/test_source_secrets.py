"""What a sender's messages repeat of its secret is masked where admins read them."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.conftest import Cast
from tests.faces.browser import Browser
from tracker.app import App
from tracker.domain.event import Received
from tracker.usecases.respond.alert_sources import (
    AddSource,
    RotateSecrets,
    add_source,
    rotate_source,
    source_by_id,
)
from tracker.usecases.respond.alerts import INTAKE, Message, take_in

OLD, NEW = "plainwords-of-before", "plainwords-of-now"


def test_the_signing_secret_is_masked_wherever_a_message_repeats_it(
    browser: Callable[[str], Browser], app: App, cast: Cast
) -> None:
    key = app.settings.kept_secret_key()
    with app.begin_as_system() as work:
        ask = AddSource(sender="github", name="prod", signing_secret=OLD)
        source = add_source(work, ask, secret_key=key)[0].key
        rotating = RotateSecrets(signing_secret=NEW)
        rotate_source(work, source_by_id(work, source), rotating, secret_key=key)
    body = json.dumps({"comment": f"we set it to {NEW} instead of {OLD}"})
    with app.begin(INTAKE) as work:
        take_in(work, [Message(source_id=source, received=Received(), raw_days=7, body=body)])
    page = browser("ada").get(f"/admin/sources/{source}").response.text
    assert "we set it to *** instead of ***" in page
    assert OLD not in page
    assert NEW not in page
