"""Which channels hear of an incident."""

from __future__ import annotations

import pytest

from tracker.domain.notification import channels_for, notification_rules

RULES = notification_rules(
    [
        {"severities": ["SEV1"], "channels": ["#all", "eng"]},
        {"severities": ["SEV1", "SEV2"], "teams": ["payments"], "channels": ["#pay"]},
        {"teams": ["doors", "payments"], "channels": ["#eng"]},
    ]
)


@pytest.mark.parametrize(
    ("severity", "teams", "channels"),
    [
        ("SEV1", (), ("all", "eng")),
        ("SEV1", ("payments",), ("all", "eng", "pay")),
        ("SEV2", ("payments",), ("pay", "eng")),
        ("SEV3", ("doors",), ("eng",)),
        ("SEV3", (), ()),
    ],
)
def test_a_rule_fits_when_all_it_says_fits(
    severity: str, teams: tuple[str, ...], channels: tuple[str, ...]
) -> None:
    assert channels_for(RULES, severity, teams) == channels


def test_no_rules_name_no_channels() -> None:
    assert notification_rules(None) == ()


@pytest.mark.parametrize("rows", [{"channels": ["a"]}, ["a"], [{"severities": ["SEV1"]}]])
def test_a_rule_that_says_nothing_is_refused(rows: object) -> None:
    with pytest.raises(ValueError, match="notification"):
        notification_rules(rows)
