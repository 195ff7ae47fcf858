"""A post office, and a tracker that knows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Cast, cast_for
from tests.mail.post_office import PostOffice, open_office, with_mail
from tracker.app import App


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_office() as office:
        yield office


@pytest.fixture
def posting(app: App, office: PostOffice) -> App:
    """The App on each database, with the post office as its mail server."""
    return with_mail(app, office.url)


@pytest.fixture
def posting_cast(posting: App) -> Cast:
    return cast_for(posting)
