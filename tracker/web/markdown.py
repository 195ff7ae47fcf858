"""Markdown that people wrote, as safe HTML."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

TAGS = frozenset(
    (
        *("a", "abbr", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em"),
        *("h3", "h4", "h5", "h6", "hr", "img", "input", "kbd", "li", "ol", "p", "pre", "s"),
        *("section", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead"),
        *("tr", "ul"),
    )
)
ATTRIBUTES = {
    "a": {"href", "title", "id", "class"},
    "code": {"class"},
    "img": {"src", "alt", "title"},
    "input": {"type", "checked", "disabled"},
    "li": {"id", "class"},
    "ol": {"start", "class"},
    "section": {"class"},
    "sup": {"class"},
    "td": {"align"},
    "th": {"align", "scope"},
    "ul": {"class"},
}
# A page has its own h1 and h2; headings in a text stand below them.
DEEPER = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
LONGEST_RENDERED = 400_000
# The notes of a timeline are read again at every look of everybody who watches: their HTML is
# kept, some megabytes of it at most.
LONGEST_KEPT = 1_000
TEXTS_KEPT = 2_000


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 50})
    parser.enable(["table", "strikethrough"])
    parser.use(tasklists_plugin).use(footnote_plugin)
    return parser


def render(text: str) -> Markup:
    """The text as HTML in which nothing runs: no script, no style, only http, https and mailto.

    Images come from the tracker itself only, because the page's policy loads no others; a text
    over LONGEST_RENDERED characters is cut with a word about it.
    """
    if not text or not text.strip():
        return Markup("")
    return _kept(text) if len(text) <= LONGEST_KEPT else _rendered(text)


def _rendered(text: str) -> Markup:
    cut = text[:LONGEST_RENDERED]
    parser = _parser()
    tokens = parser.parse(cut, {})
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = DEEPER.get(token.tag, "h6")
    html = parser.renderer.render(tokens, parser.options, {})
    safe = nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
        id_prefix="text-",
    )
    if len(text) > LONGEST_RENDERED:
        safe += "<p>The rest of this text is not shown here; export it to read it whole.</p>"
    # nh3 has let through only the tags and attributes above.
    return Markup(safe)  # noqa: S704 - sanitised on the line above


_kept = lru_cache(maxsize=TEXTS_KEPT)(_rendered)


def render_line(text: str) -> Markup:
    """One line of Markdown without a paragraph around it, for rows and cells."""
    html = _parser().renderInline(text[:2_000])
    return Markup(  # noqa: S704 - sanitised by nh3
        nh3.clean(
            html,
            tags={"em", "strong", "code", "s", "a"},
            attributes={"a": {"href", "title"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="nofollow noopener noreferrer",
        )
    )
