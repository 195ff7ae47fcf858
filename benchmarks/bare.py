"""The page that all others are compared with: Flask, nothing else, on the same server.

``python -m benchmarks.bare PORT THREADS``
"""

from __future__ import annotations

import sys

from flask import Flask
from waitress.server import create_server

PAGE = "<!doctype html><title>Bare</title><h1>Bare</h1><p>A page without a database.</p>"


def main(port: int, threads: int) -> None:
    """Serve the page until the process is ended."""
    flask_app = Flask("bare")

    @flask_app.get("/")
    def page() -> str:
        return PAGE

    create_server(flask_app, host="127.0.0.1", port=port, threads=threads, ident=None).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
