"""A few records to be searched for, and short ways to ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tracker.search.index import SearchDocument, SearchIndex, SearchPage, SearchQuery

Opener = Callable[[str], SearchIndex]
DNS = SearchDocument(
    ref="REV-1",
    kind="review",
    title="Name server lost its zone",
    body="The kube-proxy pods could not resolve names. DNS records vanished for user_id lookups "
    "after v1.27.3 was rolled out, and /var/log/resolver filled with ETIMEDOUT and HTTP 502.",
    tags=("dns", "network"),
    teams=("platform",),
    services=("auth",),
    severity="sev1",
    state="published",
    day=date(2024, 3, 1),
)
CERTIFICATE = SearchDocument(
    ref="REV-2",
    kind="review",
    title="Expired certificate on the gateway",
    body="A certificate expired at midnight. Nobody owned its renewal, so browsers gave up.",
    tags=("tls",),
    teams=("edge",),
    services=("gateway",),
    severity="sev2",
    day=date(2023, 7, 9),
)
MEMORY = SearchDocument(
    ref="LES-3",
    kind="lesson",
    title="Give every workload limits",
    body="One workload without memory limits starved the whole node; Kubernetes evicted its "
    "neighbours when the node ran out of memory.",
    tags=("capacity", "kubernetes"),
    teams=("platform",),
    services=("batch",),
    day=date(2024, 11, 20),
)
CHARTS = SearchDocument(
    ref="INC-4",
    kind="incident",
    title="Helm upgrade broke sign-in",
    body="The chart removed a setting, so authentication answered with errors until the rollback. "
    "Naïve checks passed.",
    tags=("deployment",),
    teams=("edge",),
    services=("auth", "gateway"),
    severity="sev1",
    day=date(2024, 5, 5),
)
SECRET = SearchDocument(
    ref="INC-5",
    kind="incident",
    title="Project Zanzibar credentials leaked",
    body="The zanzibarium password and a certificate were in a public paste. Payroll kerfuffle.",
    tags=("secret-tag",),
    teams=("security",),
    services=("payroll",),
    severity="sev0",
    day=date(2022, 1, 2),
    circle=7,
)
PUBLIC = (DNS, CERTIFICATE, MEMORY, CHARTS)
STRANGER: frozenset[int] = frozenset()
PROBES = (
    "",
    "certificate",
    "zanzibarium",
    "zanzibarum",
    "Zanzibar",
    "zanz*",
    "kerfufle",
    "project credentials",
    "tag:secret-tag",
    "service:payroll",
    "severity:sev0",
    "year:2022",
    "-certificate",
    "password OR helm",
    '"public paste"',
    "expired certificate leaked password in a public place",
)


def refs(page: SearchPage) -> list[str]:
    return [hit.ref for hit in page.hits]


def found(index: SearchIndex, text: str, **asked: object) -> list[str]:
    return refs(index.search(SearchQuery(text=text, **asked)))  # type: ignore[arg-type]


def counts(page: SearchPage, facet: str) -> dict[str, int]:
    return {one.value: one.count for one in page.facets[facet]}


def filler(number: int, body: str = "ordinary words about nothing at all") -> SearchDocument:
    return SearchDocument(ref=f"INC-{number}", kind="incident", title=f"Filler {number}", body=body)
