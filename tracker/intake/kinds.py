"""Every sender in one table: what it is called, how it is read, and how it proves who it is.

To add one: a parser in `parsers/`, a line here, a recorded message in its test, a page in
docs/operate/intake. For a sender of plain JSON a mapping in seed/intake_mappings.yaml is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from tracker.domain.event import Received
from tracker.intake import signatures
from tracker.intake.fields import Delivery
from tracker.intake.mapping import FieldMapping, ready_made
from tracker.intake.parsers import (
    alertmanager,
    argocd,
    cloudevents,
    cloudwatch,
    datadog,
    eventbridge,
    generic,
    github,
    gitlab,
    grafana,
    opsgenie,
    pagerduty,
    sentry,
    statuspage,
)
from tracker.intake.signatures import Check

Parse = Callable[[Delivery], Received]

# How a sender proves who it is.
KEY: Final = "key"  # a key of ours, as bearer, basic or ?key=
SIGNED: Final = "signed"  # a signature over every message; there is no key
KEY_OR_SIGNED: Final = "key or signed"  # a signature where the source has a signing secret
SNS: Final = "sns"  # a key of ours, and a certificate of Amazon's


@dataclass(frozen=True)
class SenderKind:
    """One sender. ``check`` is how its signature is checked, where it has one of its own.

    ``topic`` is the name of its page in docs/operate/intake, without ``.md``; ``tells`` is what
    comes of its messages, as people read it.
    """

    name: str
    title: str
    parse: Parse
    scheme: str
    tells: str
    topic: str
    check: Check | None = None
    delivery_header: str = ""
    mapping: FieldMapping | None = None

    @property
    def takes_mapping(self) -> bool:
        """True when a mapping of the source may say where our fields are."""
        return self.mapping is not None or self.name in ("generic", "cloudevents")


def _kind(
    name: str,
    title: str,
    parse: Parse,
    tells: str,
    scheme: str = KEY,
    check: Check | None = None,
    delivery_header: str = "",
) -> tuple[str, SenderKind]:
    return name, SenderKind(
        name=name,
        title=title,
        parse=parse,
        scheme=scheme,
        tells=tells,
        topic=name,
        check=check,
        delivery_header=delivery_header,
    )


SENDERS: Final[Mapping[str, SenderKind]] = dict(
    [
        _kind("alertmanager", "Prometheus Alertmanager", alertmanager.parse, "alerts"),
        _kind("argocd", "Argo CD", argocd.parse, "changes and alerts"),
        _kind("cloudevents", "CloudEvents", cloudevents.parse, "alerts, changes and notices"),
        _kind(
            "cloudwatch",
            "Amazon CloudWatch through SNS",
            cloudwatch.parse,
            "alerts",
            SNS,
            None,
            "X-Amz-Sns-Message-Id",
        ),
        _kind("datadog", "Datadog", datadog.parse, "alerts"),
        _kind("eventbridge", "Amazon EventBridge", eventbridge.parse, "alerts and changes"),
        _kind("generic", "Any JSON", generic.parse, "alerts, changes and notices"),
        _kind(
            "github",
            "GitHub",
            github.parse,
            "changes",
            SIGNED,
            signatures.check_github,
            "X-GitHub-Delivery",
        ),
        _kind(
            "gitlab",
            "GitLab",
            gitlab.parse,
            "changes",
            SIGNED,
            signatures.check_gitlab,
            "X-Gitlab-Event-UUID",
        ),
        _kind(
            "grafana",
            "Grafana",
            grafana.parse,
            "alerts",
            KEY_OR_SIGNED,
            signatures.check_grafana,
        ),
        _kind("opsgenie", "Opsgenie", opsgenie.parse, "alerts"),
        _kind(
            "pagerduty",
            "PagerDuty",
            pagerduty.parse,
            "alerts",
            SIGNED,
            signatures.check_pagerduty,
        ),
        _kind(
            "sentry",
            "Sentry",
            sentry.parse,
            "alerts",
            SIGNED,
            signatures.check_sentry,
            "Request-ID",
        ),
        _kind("statuspage", "Statuspage", statuspage.parse, "notices"),
    ]
)

# Other names that people look for.
ALSO_CALLED: Final[Mapping[str, str]] = {
    "aws-eventbridge": "eventbridge",
    "aws-sns-cloudwatch": "cloudwatch",
    "json": "generic",
    "prometheus": "alertmanager",
    "sns": "cloudwatch",
}


@lru_cache(maxsize=1)
def all_kinds() -> Mapping[str, SenderKind]:
    """Every sender by its name: those of the table, and those with a ready-made mapping."""
    mapped = {
        name: replace(
            SENDERS["generic"],
            name=name,
            title=mapping.title or name,
            tells=f"{mapping.makes}s",
            topic="mapped",
            parse=mapping.understand,
            mapping=mapping,
        )
        for name, mapping in ready_made().items()
    }
    return {**mapped, **SENDERS}


def kind_of(name: str) -> SenderKind | None:
    """The sender of this name, also under another name of it; None when there is none."""
    return all_kinds().get(ALSO_CALLED.get(name, name))


def understand(
    kind: SenderKind, delivery: Delivery, mapping: FieldMapping | None = None
) -> Received:
    """What the message says, by the source's own mapping where it has one.

    For CloudEvents the mapping is asked of the event as structured mode writes it, whichever way it
    came. A sender with a parser of its own ignores a mapping.

    Raises: NotUnderstood.
    """
    if mapping is None or not kind.takes_mapping:
        received = kind.parse(delivery)
    elif kind.name == "cloudevents":
        events = [event for event, _ in cloudevents.envelopes(delivery)]
        whole: object = events[0] if len(events) == 1 else events
        received = mapping.understand(replace(delivery, body=whole))
    else:
        received = mapping.understand(delivery)
    number = delivery.headers.get(kind.delivery_header.lower(), "") if kind.delivery_header else ""
    return replace(received, delivery_id=(received.delivery_id or number)[:120])
