"""Raw messages are shown without what would let a reader send one, or sign in anywhere."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.intake.masking import beginning, mask_headers, mask_secrets

# Put together here, so that no scanner takes them for real ones.
TOKENS = [
    "ghp" + "_0123456789abcdefghijABCDEFGHIJ",
    "glpat" + "-abcdefghijklmnopqrst",
    "xoxb" + "-123456789012-abcdefghij",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0abc." + "abcdefghijkl",
]


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db_password",
        "Authorization",
        "api_key",
        "apiKey",
        "clientSecret",
        "access_token",
        "X-Gitlab-Token",
        "Signature",
        "credentials",
    ],
)
@pytest.mark.parametrize("value", ["s3cr3t", 's3 " cr3t', "s3\ncr3t", "", 12345, True])
def test_values_beside_a_telling_name_are_masked_and_json_stays_json(
    name: str, value: object
) -> None:
    shown = json.loads(mask_secrets(json.dumps({"title": "kept", name: value, "after": 1})))
    assert shown == {"title": "kept", name: "***", "after": 1}


def test_json_inside_json_is_masked_too() -> None:
    inner = json.dumps({"AlarmName": "cpu", "password": 's3"cr3t'})
    shown = json.loads(mask_secrets(json.dumps({"Message": inner})))
    assert json.loads(shown["Message"]) == {"AlarmName": "cpu", "password": "***"}


def test_a_message_that_was_cut_is_masked_as_far_as_it_goes() -> None:
    text = json.dumps({"a": 1, "password": "s3cr3t", "Message": json.dumps({"token": "t0k3n"})})
    shown = mask_secrets(text[:-3])
    assert "s3cr3t" not in shown
    assert "t0k3n" not in shown
    assert '"a": 1' in shown


def test_an_object_under_a_telling_name_is_masked_as_a_whole() -> None:
    shown = json.loads(mask_secrets('{"credentials": {"user": "ruth", "password": "x"}}'))
    assert shown == {"credentials": "***"}


def test_secrets_in_addresses_are_masked() -> None:
    text = (
        "https://x.example/hooks/generic?key=abc123&team=a and https://u:pw123@x.example/ ?token=t1"
    )
    shown = mask_secrets(text)
    assert "abc123" not in shown
    assert "pw123" not in shown
    assert "t1" not in shown.rpartition("?")[2]
    assert "team=a" in shown


def test_written_secrets_are_masked_and_plain_words_are_not() -> None:
    shown = mask_secrets("DB_PASSWORD=hunter2 and the keyboard=fine, Bearer abcdef123456")
    assert shown == "DB_PASSWORD=*** and the keyboard=fine, Bearer ***"
    assert mask_secrets("The token bucket is empty.") == "The token bucket is empty."


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_known_by_its_form(token: str) -> None:
    assert mask_secrets(f"pushed with {token} again") == "pushed with *** again"


def test_the_secrets_of_the_source_are_masked_wherever_they_stand() -> None:
    assert mask_secrets("a correct horse b", secrets=["correct horse", ""]) == "a *** b"


def test_headers_that_prove_the_sender_are_masked() -> None:
    headers = {
        "Authorization": "Bearer abcdef",
        "X-Hub-Signature-256": "sha256=00",
        "X-PagerDuty-Signature": "v1=00",
        "webhook-signature": "v1,00",
        "X-My-Secret": "abc",
        "User-Agent": "Alertmanager/0.25.0",
        "X-GitHub-Event": "deployment",
    }
    shown = mask_headers(headers)
    assert shown["User-Agent"] == "Alertmanager/0.25.0"
    assert shown["X-GitHub-Event"] == "deployment"
    assert {shown[name] for name in list(headers)[:5]} == {"***"}


def test_long_text_is_masked_in_time_that_grows_with_its_length() -> None:
    # Patterns that try again at every letter would never end here.
    assert mask_secrets('"' * 200_000) == '"' * 200_000
    assert mask_secrets("a" * 200_000) == "a" * 200_000
    assert mask_secrets("\\" * 200_000) == "\\" * 200_000
    assert mask_secrets("a://" * 50_000) == "a://" * 50_000


@pytest.mark.parametrize(
    ("longest", "expected"),
    [
        (1, {}),
        (10, {}),
        (22, {"token": "hush"}),
        (36, {"token": "hush", "list": [1]}),
        (48, {"token": "hush", "list": [1, {"a": 2}]}),
        (500, {"token": "hush", "list": [1, {"a": 2}], "text": 'quoted " and } more'}),
    ],
)
def test_of_long_json_the_beginning_is_json_of_whole_values(longest: int, expected: object) -> None:
    text = '{"token": "hush",       "list": [1,    {"a": 2}], "text": "quoted \\" and } more"}'
    assert json.loads(beginning(text, longest)) == expected


@pytest.mark.parametrize("text", ["words " * 100, '"' + "a" * 100, "]" * 100, "a, b " * 100])
def test_of_what_is_no_json_there_is_no_beginning(text: str) -> None:
    assert beginning(text, 50) == ""
    assert beginning(text, 1_000) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=15,
    ).filter(lambda value: isinstance(value, list | dict)),
    st.integers(1, 80),
)
def test_the_beginning_of_any_json_can_be_read(value: object, longest: int) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        json.loads(beginning(text, longest))
