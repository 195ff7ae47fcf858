"""A gate before the emulated Slack: it keeps every call, breaks what a test asks it to break,
answers what the emulator lacks, and refuses messages that the real Slack would refuse.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl
from urllib.request import Request, urlopen

Body = dict[str, Any]
Answer = Body | Callable[[Body], Body]
NOT_HANDED_ON = {"host", "content-length", "connection", "accept-encoding"}
IN_JSON = {"blocks", "view", "unfurls", "metadata", "attachments"}
BLOCK_TYPES = {
    "actions", "context", "divider", "header", "image", "input", "rich_text", "section",
}  # fmt: skip


@dataclass
class Recorded:
    """One call as it came, and what was answered."""

    method: str
    body: Body
    status: int
    reply: Body
    token: str = ""


@dataclass
class Fault:
    """What goes wrong, how often, with which methods (``*``: with every one)."""

    method: str
    status: int = 500
    times: int = 1
    error: str = ""
    retry_after: int = 0
    delay_seconds: float = 0.0
    # The call reaches Slack, but its answer is lost on the way back.
    after: bool = False
    # The connection is closed without a word.
    dropped: bool = False


@dataclass
class Gate:
    """Give ``api_url`` to the tracker in the place of Slack's."""

    upstream: str
    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[Recorded] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    # Every method's first call breaks, then works: each step must bear a second time.
    each_first_breaks: bool = False
    # Every call that differs from those before goes wrong once in this way, then works.
    each_call: Fault | None = None
    delay_seconds: float = 0.0
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    # Sent with every answer.
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._broken: set[str] = set()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                gate._answer(self)

            def do_POST(self) -> None:
                gate._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.api_url = f"{self.url}/api/"

    def stop(self) -> None:
        """Nothing is answered any more."""
        self._http.shutdown()
        self._http.server_close()

    def of(self, method: str) -> list[Recorded]:
        """The calls of a method that came through, in their order."""
        return [one for one in self.calls if one.method == method and one.reply.get("ok")]

    def forget(self) -> None:
        """Calls and faults so far are forgotten."""
        self.calls.clear()
        self.faults.clear()
        self._broken.clear()
        self.each_first_breaks = False
        self.each_call = None
        self.delay_seconds = 0.0

    def fail(self, method: str, **fault: Any) -> None:
        """The next calls of the method go wrong."""
        self.faults.append(Fault(method, **fault))

    def asked(self, method: str, token: str = "xoxb-rig", **body: Any) -> Body:
        """What the emulator itself answers: for looking at what is there, past the gate."""
        request = Request(
            f"{self.upstream}/api/{method}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        answer: Body = json.loads(urlopen(request, timeout=10).read())
        return answer

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        path = handler.path.split("?")[0]
        if path in self.files:
            self._send_file(handler, path)
            return
        method = path.rsplit("/", 1)[-1]
        body = _body(handler.headers.get("content-type", ""), raw, handler.path)
        time.sleep(self.delay_seconds)
        fault = self._fault(method, body)
        status, reply, headers = 200, {}, dict(self.headers)
        if fault is None or fault.after:
            status, reply = self._pass_on(handler, method, body, raw)
        if fault is not None:
            time.sleep(fault.delay_seconds)
        if fault is not None:
            status = fault.status
            kind = "ratelimited" if status == 429 else "internal_error"
            reply = {"ok": False, "error": fault.error or kind}
            if fault.retry_after:
                headers["Retry-After"] = str(fault.retry_after)
        token = handler.headers.get("authorization", "").removeprefix("Bearer ")
        self.calls.append(Recorded(method, body, status, reply, token))
        if fault is not None and fault.dropped:
            handler.close_connection = True
            return
        _send(handler, status, "application/json", json.dumps(reply).encode(), headers)

    def _pass_on(
        self, handler: BaseHTTPRequestHandler, method: str, body: Body, raw: bytes
    ) -> tuple[int, Body]:
        problem = problem_with(method, body)
        if problem:
            return 200, {
                "ok": False,
                "error": "invalid_arguments" if "view" in body else "invalid_blocks",
                "response_metadata": {"messages": [problem]},
            }
        if method in self.answers:
            answer = self.answers[method]
            return 200, answer(body) if callable(answer) else answer
        request = Request(
            self.upstream + handler.path,
            data=raw or None,
            method=handler.command,
            headers={k: v for k, v in handler.headers.items() if k.lower() not in NOT_HANDED_ON},
        )
        try:
            with urlopen(request, timeout=20) as answered:
                return 200, json.loads(answered.read())
        except HTTPError as error:
            try:
                return error.code, json.loads(error.read())
            except ValueError:
                return error.code, {"ok": False, "error": "unknown_method"}

    def _fault(self, method: str, body: Body) -> Fault | None:
        if self.each_call is not None and self.each_call.method in (method, "*"):
            # The same form opened by another press is the same call.
            same = {name: value for name, value in body.items() if name != "trigger_id"}
            call = f"{method} {json.dumps(same, sort_keys=True)}"
            if call not in self._broken:
                self._broken.add(call)
                return self.each_call
        if self.each_first_breaks and method not in self._broken:
            self._broken.add(method)
            return Fault(method)
        for fault in self.faults:
            if fault.method in (method, "*") and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _send_file(self, handler: BaseHTTPRequestHandler, path: str) -> None:
        mime, content = self.files[path]
        if not handler.headers.get("authorization"):
            _send(handler, 403, "text/plain", b"", {})
            return
        _send(handler, 200, mime, content, {})


def problem_with(method: str, body: Body) -> str:
    """What the real Slack would refuse about the call; empty when nothing."""
    view = body.get("view")
    if isinstance(view, dict):
        for name, limit in (("title", 24), ("submit", 24), ("close", 24)):
            if len((view.get(name) or {}).get("text", "")) > limit:
                return f"view {name} over {limit} characters"
        if len(view.get("private_metadata") or "") > 3_000:
            return "view private_metadata over 3000"
        return problem_with_blocks(view.get("blocks") or [], most=100)
    if method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
        if len(str(body.get("text") or "")) > 40_000:
            return "text over 40000"
        return problem_with_blocks(body.get("blocks") or [], most=50)
    return ""


def problem_with_blocks(blocks: list[Body], *, most: int) -> str:
    """What Slack would refuse about the blocks; empty when nothing."""
    if len(blocks) > most:
        return f"{len(blocks)} blocks, at most {most}"
    names = [one["block_id"] for one in blocks if one.get("block_id")]
    if len(names) != len(set(names)):
        return "block_id used twice"
    for block in blocks:
        problem = _problem_with_block(block)
        if problem:
            return problem
    return ""


def _problem_with_block(block: Body) -> str:
    kind = block.get("type")
    if kind not in BLOCK_TYPES:
        return f"unsupported block {kind}"
    if len(block.get("block_id", "")) > 255:
        return "block_id over 255"
    text = (block.get("text") or {}).get("text", "")
    if kind == "section":
        fields = block.get("fields") or []
        if not fields and not 1 <= len(text) <= 3_000:
            return "section text must be 1..3000"
        if len(fields) > 10 or any(not 1 <= len(one["text"]) <= 2_000 for one in fields):
            return "section fields: 10 at most, 2000 each"
    if kind == "header" and not 1 <= len(text) <= 150:
        return "header text must be 1..150"
    elements = block.get("elements") or []
    if kind == "context" and not 1 <= len(elements) <= 10:
        return "context needs 1..10 elements"
    if kind == "actions":
        ids = [one.get("action_id") for one in elements]
        if not 1 <= len(elements) <= 25 or len(ids) != len(set(ids)):
            return "actions: 1..25 elements, each action_id once"
    return next((told for one in elements if (told := _problem_with_element(one))), "")


def _problem_with_element(element: Body) -> str:
    kind = str(element.get("type", ""))
    if kind == "button" and not 1 <= len(element["text"]["text"]) <= 75:
        return "button text must be 1..75"
    if len(element.get("action_id", "")) > 255 or len(str(element.get("value") or "")) > 2_000:
        return "action_id or value too long"
    options = element.get("options") or []
    if kind in ("checkboxes", "radio_buttons") and not 1 <= len(options) <= 10:
        return f"{kind}: 1..10 options"
    if kind.endswith("select") and len(options) > 100:
        return "over 100 options"
    if any(not 1 <= len(one["text"]["text"]) <= 75 for one in options):
        return "option text must be 1..75"
    values = [json.dumps(one, sort_keys=True) for one in options]
    chosen = [json.dumps(one, sort_keys=True) for one in element.get("initial_options") or []]
    return "" if set(chosen) <= set(values) else "initial_options must be among the options"


def _body(content_type: str, raw: bytes, path: str) -> Body:
    if "json" in content_type and raw:
        told: Body = json.loads(raw)
        return told
    found: Body = dict(parse_qsl(path.partition("?")[2]))
    if "urlencoded" in content_type:
        found.update(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    for name in IN_JSON & set(found):
        found[name] = json.loads(found[name])
    return found


def _send(
    handler: BaseHTTPRequestHandler, status: int, mime: str, content: bytes, headers: dict[str, str]
) -> None:
    try:
        handler.send_response(status)
        for name, value in {"Content-Type": mime, **headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
    except OSError:
        # The tracker has given up waiting: that is what some tests are about.
        handler.close_connection = True
