"""What comes from a file is not changed in the pages."""

from __future__ import annotations

import pytest

from tracker.domain.errors import NotAllowed
from tracker.models.catalogue import Team
from tracker.usecases.managed import refuse_managed


def test_a_row_of_the_pages_may_be_changed() -> None:
    refuse_managed(Team(slug="doors", name="Doors"))
    refuse_managed(None)


def test_a_row_of_a_file_is_refused_with_the_name_of_the_file() -> None:
    with pytest.raises(NotAllowed) as caught:
        refuse_managed(Team(slug="doors", name="Doors", managed_by="teams.yaml"))
    assert "teams.yaml" in caught.value.message
    assert "tracker config apply" in caught.value.hint
