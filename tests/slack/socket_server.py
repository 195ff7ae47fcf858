"""The other end of Socket Mode: one web socket that hands envelopes and keeps what is answered."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import queue
import socket
import struct
import threading
import uuid
from typing import Any

GREETING = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class SocketServer:
    """``url`` is what apps.connections.open answers; ``send`` waits for the acknowledgement."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self._listening.getsockname()[1]}/link"
        self.connected = threading.Event()
        self._open: socket.socket | None = None
        self._acknowledged: dict[str, queue.Queue[Any]] = {}
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Nothing is accepted any more, and the open connection is dropped."""
        self.drop()
        self._listening.close()

    def refresh(self) -> None:
        """The client is asked to connect anew, as Slack does every few hours."""
        self.connected.clear()
        self._write(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))

    def drop(self) -> None:
        """The open connection breaks."""
        if self._open is not None:
            self.connected.clear()
            with contextlib.suppress(OSError):
                self._open.shutdown(socket.SHUT_RDWR)
            self._open.close()

    def send(self, kind: str, payload: dict[str, Any], *, wait_seconds: float = 5.0) -> Any:
        """What is answered to an envelope of this kind."""
        name = str(uuid.uuid4())
        inbox = self._acknowledged[name] = queue.Queue()
        envelope = {"envelope_id": name, "type": kind, "payload": payload}
        self._write(json.dumps({**envelope, "accepts_response_payload": True}))
        return inbox.get(timeout=wait_seconds)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        stream = one.makefile("rb")
        key = ""
        while line := stream.readline().strip():
            name, _, value = line.decode().partition(":")
            if name.lower() == "sec-websocket-key":
                key = value.strip()
        proof = base64.b64encode(hashlib.sha1((key + GREETING).encode()).digest()).decode()  # noqa: S324
        one.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {proof}\r\n\r\n".encode()
        )
        self._open = one
        self._write(json.dumps({"type": "hello", "num_connections": 1}))
        self.connected.set()
        with contextlib.suppress(OSError, struct.error):
            while True:
                kind, content = _read(stream)
                if kind == CLOSE:
                    return
                if kind == PING:
                    self._frame(PONG, content)
                elif kind == TEXT:
                    told = json.loads(content)
                    inbox = self._acknowledged.get(told.get("envelope_id"))
                    if inbox is not None:
                        inbox.put(told.get("payload"))

    def _write(self, text: str) -> None:
        self._frame(TEXT, text.encode())

    def _frame(self, kind: int, content: bytes) -> None:
        assert self._open is not None
        size = len(content)
        head = bytes([0x80 | kind]) + (
            bytes([size]) if size < 126 else struct.pack("!BH", 126, size)
        )
        self._open.sendall(head + content)


def _read(stream: Any) -> tuple[int, bytes]:
    first, second = struct.unpack("!BB", stream.read(2))
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", stream.read(2))
    elif size == 127:
        (size,) = struct.unpack("!Q", stream.read(8))
    mask = stream.read(4)
    content = stream.read(size)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))
