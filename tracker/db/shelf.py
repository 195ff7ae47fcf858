"""The shelf of an App: versions of policies and templates, read once for all its works."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session

from tracker.domain.policy import Policy

Kept = TypeVar("Kept")


class Shelf:
    """What never changes once it is loaded - versions of policies and templates - read once."""

    def __init__(
        self,
        read_policy: Callable[[Session, int | None], tuple[int, Policy]],
        *,
        without: frozenset[str] = frozenset(),
    ) -> None:
        self._read_policy = read_policy
        # Subscribers that nobody has set up: what happens is not kept for them.
        self.without = without
        self._policies: dict[int, Policy] = {}
        self._kept: dict[tuple[str, str, int], object] = {}

    def newest_policy(self, session: Session) -> Policy:
        """The policy in force, asked once per session. Raises: LookupError when there is none."""
        kept = session.info.get("policy")
        if kept is None:
            version, policy = self._read_policy(session, None)
            kept = session.info["policy"] = self._policies.setdefault(version, policy)
        return kept

    def policy(self, session: Session, version: int) -> Policy:
        """The policy with this version. Raises: LookupError."""
        if version not in self._policies:
            self._policies[version] = self._read_policy(session, version)[1]
        return self._policies[version]

    def keep(self, kind: str, key: str, version: int, read: Callable[[], Kept]) -> Kept:
        """The thing of this kind, key and version; ``read`` is called the first time only."""
        place = (kind, key, version)
        if place not in self._kept:
            self._kept[place] = read()
        return self._kept[place]  # type: ignore[return-value]
