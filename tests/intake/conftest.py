"""The recorded messages lie beside the checkout; where they do not, their test is not collected."""

from __future__ import annotations

from tests.intake.samples import SHARED

collect_ignore = [] if (SHARED / "data" / "payloads").is_dir() else ["test_recorded.py"]
