"""Who acts, and what their role allows. The one table of permissions."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.domain.errors import NotPermitted

ROLES = ("viewer", "responder", "editor", "admin")
SCOPES = ("read", "write", "admin")

# The least role that may use a verb. Seeing a record is a separate question: see Actor.reads.
LEAST_ROLE = {
    # respond
    "declare_incident": "responder",
    "report_near_miss": "responder",
    "edit_incident": "responder",
    "assess_severity": "responder",
    "move_incident": "responder",
    "merge_incident": "responder",
    "record_time": "responder",
    "set_visibility": "responder",
    "add_timeline_entry": "responder",
    "edit_timeline_entry": "responder",
    "retract_timeline_entry": "responder",
    "assign_role": "responder",
    "hand_over_role": "responder",
    "release_role": "responder",
    "add_task": "responder",
    "finish_task": "responder",
    "reopen_task": "responder",
    "post_update": "responder",
    "ask_transcript": "responder",
    "take_transcript": "responder",
    "withdraw_transcript": "responder",
    # Whoever wrote in the channel, those who only read here too.
    "leave_transcript": "viewer",
    "record_event": "responder",
    "edit_event": "responder",
    "move_event": "responder",
    "promote_event": "responder",
    "record_change": "responder",
    "link_change": "responder",
    "run_procedure": "responder",
    # analyse
    "start_review": "responder",
    "answer_question": "responder",
    "restore_answer": "responder",
    "add_factor": "responder",
    "edit_factor": "responder",
    "remove_factor": "responder",
    "mark_entries": "responder",
    "add_evidence": "responder",
    "remove_evidence": "responder",
    "attach_picture": "responder",
    "say_alike": "responder",
    "link_lesson": "responder",
    "edit_review": "responder",
    "move_review": "editor",
    "publish_review": "editor",
    "amend_review": "editor",
    "waive_review": "admin",
    "ask_sign_off": "responder",
    "withdraw_sign_off": "responder",
    # Whoever was asked, a business owner who only reads otherwise too.
    "sign_off": "viewer",
    "settle_dispute": "responder",
    "waive_sign_off": "admin",
    "write_variant": "responder",
    "plan_meeting": "responder",
    "run_meeting": "responder",
    "answer_survey": "viewer",
    "choose_depth": "responder",
    "rest_analysis": "responder",
    "skip_rest": "responder",
    "change_template": "responder",
    "edit_review_incidents": "responder",
    "write_review_template": "admin",
    "ask_perspectives": "responder",
    "withdraw_perspective": "responder",
    # Whoever was there, those who only read here too.
    "write_perspective": "viewer",
    "share_perspective": "viewer",
    "take_back_perspective": "viewer",
    "clear_perspective": "viewer",
    "decline_perspective": "viewer",
    "dismiss_hint": "responder",
    "edit_word_lists": "admin",
    # improve
    "propose_action": "responder",
    "edit_action": "responder",
    "move_action": "responder",
    "decide_action": "editor",
    # share
    "draft_lesson": "responder",
    "edit_lesson": "responder",
    "move_lesson": "editor",
    "edit_procedure": "responder",
    "validate_procedure": "responder",
    "move_procedure": "editor",
    # foundations
    "edit_catalogue": "editor",
    "edit_alert_catalogue": "editor",
    "edit_calendar": "responder",
    "edit_alert_source": "admin",
    "apply_configuration": "admin",
    "edit_person": "admin",
    "create_token": "admin",
    "revoke_token": "admin",
    "retry_delivery": "admin",
    "import_records": "admin",
    "export_records": "admin",
    "load_policy": "admin",
    "install_slack": "admin",
    "read_admin": "admin",
}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The one who acts in a unit of work.

    ``circles`` are the ids of the circles (closed groups around private or team records) this
    actor may read; ``None`` means everything, and only the system itself has that.
    """

    person_id: int | None
    name: str
    role: str
    kind: str = "person"  # person | token | system
    team_ids: frozenset[int] = frozenset()
    circles: frozenset[int] | None = field(default_factory=frozenset)
    scopes: frozenset[str] = frozenset(SCOPES)
    time_zone: str = "UTC"

    def may(self, verb: str) -> bool:
        """True when this actor's role and scopes allow the verb.

        Raises: KeyError for a verb that the table does not know.
        """
        least = LEAST_ROLE[verb]
        if ROLES.index(self.role) < ROLES.index(least):
            return False
        return ("admin" if least == "admin" else "write") in self.scopes or self.kind == "system"

    def needs(self, verb: str) -> None:
        """Raises: NotPermitted, in words, when this actor may not use the verb."""
        if not self.may(verb):
            raise NotPermitted(
                f"Your role ({self.role}) does not include: {verb.replace('_', ' ')}",
                hint=f"Ask somebody with the role {LEAST_ROLE[verb]}, or an admin, to do it.",
            )

    def reads(self, circle_id: int | None) -> bool:
        """True when a record with this circle is visible to the actor."""
        return circle_id is None or self.circles is None or circle_id in self.circles


SYSTEM = Actor(person_id=None, name="Tracker", role="admin", kind="system", circles=None)
