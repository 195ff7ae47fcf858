"""The passage shown under a hit."""

from __future__ import annotations

from tracker.search.excerpt import excerpt, plain_text

FILLER = "Nothing of note was said here and then some more was said. " * 12


def shown(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(f"[{piece}]" if is_match else piece for piece, is_match in pieces)


def test_the_passage_with_most_different_words_is_chosen_and_marked() -> None:
    text = f"Memory. {FILLER} The node ran out of memory at noon. {FILLER} memory memory"
    pieces = excerpt(text, ("memori", "node"), width=80)
    assert "The [node] ran out of [memory] at noon." in shown(pieces)
    assert shown(pieces).startswith("… ")
    assert shown(pieces).endswith("…")


def test_marks_keep_the_words_as_they_were_written() -> None:
    assert shown(excerpt("Certificates: EXPIRED!", ("certif", "expir"))) == (
        "[Certificates]: [EXPIRED]!"
    )
    assert shown(excerpt("the kube-proxy pod", ("proxi",))) == "the [kube-proxy] pod"
    assert shown(excerpt("Naïve idea", ("naiv",))) == "[Naïve] idea"


def test_prefix_matches_are_marked_by_the_whole_word() -> None:
    assert shown(excerpt("some certificates here", ("certificates",))) == "some [certificates] here"


def test_without_a_match_the_beginning_is_shown_cut_at_a_word() -> None:
    pieces = excerpt("alpha beta gamma delta", ("omega",), width=12)
    assert shown(pieces) == "alpha beta…"


def test_white_space_becomes_single_and_markup_is_left_for_the_caller_to_escape() -> None:
    assert (
        shown(excerpt("<b>alpha</b>\n\n  beta\t gamma", ("beta",))) == "<b>alpha</b> [beta] gamma"
    )


def test_an_empty_text_has_no_excerpt() -> None:
    assert excerpt("", ("alpha",)) == ()
    assert excerpt("   ", ()) in {(), ((" ", False),), (("", False),)}


def test_markdown_becomes_words_line_by_line() -> None:
    text = """# What *happened*

The `kube-proxy` [pod](https://example.org/x) was **down**.
Next line.

- first
- second

| time | what |
|------|------|
| 10:01 | alert |

```sh
kubectl get pods
```

![a graph](graph.png) <script>alert(1)</script>
"""
    lines = [line for line in plain_text(text).splitlines() if line.strip()]
    assert lines == [
        "What happened",
        "The kube-proxy pod was down.",
        "Next line.",
        "first",
        "second",
        "time  what",
        "10:01  alert",
        "kubectl get pods",
        "a graph alert(1)",
    ]


def test_a_match_at_the_very_edge_of_the_passage_is_not_cut_away() -> None:
    text = f"{FILLER} it had EXPIRED! {FILLER}"
    for width in range(8, 60):
        assert "[EXPIRED]" in shown(excerpt(text, ("expir",), width=width))
