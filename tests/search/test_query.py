"""The query language, read without any engine."""

from __future__ import annotations

import pytest

from tracker.search.query import Either, Facet, Node, Not, Prefix, Words, parse


def words(text: str, *runs: tuple[str, ...], loose: bool = True, field: str = "text") -> Words:
    return Words(typed=text, runs=runs, loose=loose, field=field, at=(0, 0))


def plain(nodes: tuple[Node, ...]) -> list[Node]:
    """The nodes without their places, which other tests look at."""

    def bare(node: Node) -> Node:
        match node:
            case Words():
                return words(node.typed, *node.runs, loose=node.loose, field=node.field)
            case Not():
                return Not(node=bare(node.node))
            case Either():
                return Either(nodes=tuple(bare(one) for one in node.nodes))
            case _:
                return node

    return [bare(node) for node in nodes]


A = words("alpha", ("alpha",))
B = words("beta", ("beta",))
FIRM_A = words("alpha", ("alpha",), loose=False)
FIRM_B = words("beta", ("beta",), loose=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("alpha beta", [A, B]),
        ("alpha AND beta", [A, B]),
        ('"alpha beta"', [words("alpha beta", ("alpha", "beta"), loose=False)]),
        ("“alpha beta”", [words("alpha beta", ("alpha", "beta"), loose=False)]),
        ("alpha -beta", [A, Not(node=FIRM_B)]),
        ("alpha NOT beta", [A, Not(node=FIRM_B)]),
        ("alpha --beta", [A, words("--beta", ("beta",))]),
        ("alpha OR beta", [Either(nodes=(FIRM_A, FIRM_B))]),
        ("alpha or beta", [A, B]),
        ("alp*", [Prefix(letters="alp")]),
        ("kube-pro*", [Prefix(letters="kubepro")]),
        ("tag:DNS", [Facet(name="tag", value="dns")]),
        ("TAG:dns", [Facet(name="tag", value="dns")]),
        ("-tag:dns", [Not(node=Facet(name="tag", value="dns"))]),
        ("title:alpha", [words("alpha", ("alpha",), loose=False, field="title")]),
        ("the alpha of", [A]),
        ("the of", [words("the", ("the",)), words("of", ("of",))]),
        ("kube-proxy", [words("kube-proxy", ("kubeproxi",), ("kube", "proxi"))]),
        ("https://alpha", [words("https://alpha", ("https", "alpha"))]),
        ("!!! ... ()", []),
    ],
)
def test_a_query_is_read_as_meant(text: str, expected: list[Node]) -> None:
    parsed = parse(text, ())
    assert plain(parsed.nodes) == expected
    assert parsed.hint == ""


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('alpha "beta', "quotation mark"),
        ("OR alpha", "both sides"),
        ("alpha OR", "both sides"),
        ("alpha OR OR beta", "both sides"),
        ("colour:alpha", "no field “colour”"),
        ("a*", "2 letters"),
        ("word " * 1_000, "very long"),
        (" ".join(f"w{n}" for n in range(31)), "30 words"),
    ],
)
def test_what_is_not_understood_is_said_in_plain_words(text: str, hint: str) -> None:
    assert hint in parse(text).hint


def test_one_mistake_made_twice_is_said_once() -> None:
    assert parse("OR alpha OR").hint.count("both sides") == 1


def test_the_place_of_a_word_is_that_in_the_typed_text() -> None:
    text = 'tag:x "a b" alpha OR beta, -gamma "'
    for node in parse(text).nodes:
        if isinstance(node, Words):
            assert text[slice(*node.at)] == node.typed


def test_a_synonym_of_several_words_is_recognised_in_a_row_and_found_by_its_short_form() -> None:
    table = (("oom", "out of memory"),)
    (short,) = parse("oom", table).nodes
    assert isinstance(short, Words)
    assert short.runs == (("oom",), ("out", "of", "memori"))
    (long,) = parse("out of memory", table).nodes
    assert isinstance(long, Words)
    assert long.runs == (("memori",), ("oom",))
    apart = parse("memory of out", table).nodes
    assert [node.runs for node in apart if isinstance(node, Words)] == [(("memori",),)]


def test_synonyms_are_symmetric_and_reach_into_either_side_of_an_or() -> None:
    table = (("k8s", "kubernetes"),)
    (either,) = parse("kubernetes OR alpha", table).nodes
    assert isinstance(either, Either)
    first = either.nodes[0]
    assert isinstance(first, Words)
    assert ("k8s",) in first.runs
