"""Words that operations people use for one another, as data.

Each group is one thing; any member finds all members. Members may be several words. Keep a group
only when its members mean the same in nearly every report: a wider word ("error", "problem") makes
every search vague.
"""

from __future__ import annotations

Synonyms = tuple[tuple[str, ...], ...]

DEFAULT_SYNONYMS: Synonyms = (
    ("k8s", "kubernetes"),
    ("cert", "certificate"),
    ("db", "database"),
    ("oom", "out of memory"),
    ("lb", "load balancer"),
    ("config", "configuration"),
    ("auth", "authentication"),
    ("authn", "authentication"),
    ("authz", "authorization", "authorisation"),
    ("repo", "repository"),
    ("env", "environment"),
    ("prod", "production"),
    ("postgres", "postgresql"),
    ("js", "javascript"),
    ("vm", "virtual machine"),
    ("cdn", "content delivery network"),
    ("ddos", "denial of service"),
    ("mfa", "two factor authentication", "2fa"),
    ("sso", "single sign on"),
    ("tls", "ssl"),
    ("mem", "memory"),
    ("perf", "performance"),
    ("msg", "message"),
    ("infra", "infrastructure"),
    ("ns", "namespace"),
    ("deploy", "deployment"),
    ("rollback", "roll back"),
    ("failover", "fail over"),
    ("timeout", "timed out", "etimedout"),
    ("cpu", "processor"),
    ("fs", "file system", "filesystem"),
    ("gc", "garbage collection"),
    ("iam", "identity and access management"),
    ("outage", "downtime"),
)
