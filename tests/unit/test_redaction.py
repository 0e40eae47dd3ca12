"""Secrets in texts that leave the provider, in whatever form a platform or a driver echoes them."""

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_previsionio._core import kinds
from pulumi_previsionio._core.credentials import canonical_credentials
from pulumi_previsionio._core.redaction import redact, secrets_of
from pulumi_previsionio._core.secret import Secret, SecretReference

from tests.unit.examples import KEY, KEY_BASE64, KEY_TEXT, PASSWORD, quick

ECHOES: dict[str, Callable[[str], str]] = {
    "raw": str,
    "JSON": lambda text: json.dumps({"password": text}),
    "JSON, not only ASCII": lambda text: json.dumps({"password": text}, ensure_ascii=False),
    "JSON inside JSON": lambda text: json.dumps(json.dumps({"password": text})),
    "repr": lambda text: repr({"password": text}),
    "repr of bytes": lambda text: repr(text.encode()),
    "URL": lambda text: f"mysql://reader:{urllib.parse.quote(text)}@h",
    "URL, all": lambda text: f"mysql://reader:{urllib.parse.quote(text, safe='')}@h",
    "URL, lower case": lambda text: re.sub("%..", lambda escape: escape[0].lower(), urllib.parse.quote(text, safe="")),
    "form": lambda text: urllib.parse.urlencode({"password": text}),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, URL safe": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "basic authentication": lambda text: base64.b64encode(f"reader:{text}".encode()).decode(),
    "base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "HTML": html.escape,
}
LETTERS = "aäé🚆Z09 ~+/%&=?#@:;,.-_<>{}[]\"'\\\t\n\r"
SECRETS = st.text(LETTERS, min_size=4, max_size=60).filter(lambda text: len("".join(text.split())) >= 4)


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("echo", ECHOES)
@quick
@given(secret=SECRETS)
def test_a_secret_is_found_however_it_is_echoed(echo: str, secret: str) -> None:
    echoed = ECHOES[echo](secret)

    shown = redact(f"Access denied for {echoed} at db.example", [secret])

    assert echoed not in shown
    assert shown.startswith("Access denied for ")
    assert secret not in shown

    # The platform's reasons are put on one line before they are redacted.
    on_one_line = redact(one_line(f"Access denied for ({echoed}) at db.example"), [secret])
    assert one_line(echoed) not in on_one_line


@quick
@given(st.lists(st.sampled_from(["alpha", "alphabet", "beta", "alpha beta", "habe"]), min_size=1))
def test_one_secret_inside_another_leaves_nothing_of_either(secrets: list[str]) -> None:
    shown = redact("password alphabet, key alpha beta", secrets)

    assert not [secret for secret in secrets if secret in shown]


def test_a_mask_does_not_count_as_a_secret() -> None:
    assert (
        redact("cannot log in with correct horse", ["correct horse", "secret", "sec"]) == "cannot log in with [secret]"
    )


def test_a_hostile_echo_takes_no_time() -> None:
    redact("\\" * 3000 + "%5c" * 1000 + " " * 3000, ["\\" * 40 + "x", "a" + " " * 40 + "b", "\\ \\ \\ \\"])


@pytest.mark.parametrize("secret", ["a", "ab", "abc", "0", " ", "é"])
def test_a_text_that_holds_a_very_short_secret_is_withheld_whole(secret: str) -> None:
    shown = redact(f"cannot log in with {secret}!", [secret])

    assert shown == "(the reason is withheld, for it may hold a secret)"


def test_a_very_short_secret_that_is_not_there_changes_nothing() -> None:
    assert redact("connection refused", ["x9"]) == "connection refused"


def test_no_secret_changes_nothing() -> None:
    assert redact("connection refused", ["", PASSWORD]) == "connection refused"


def test_a_long_text_is_cut_after_the_secrets_were_found() -> None:
    """Half a secret would not be found."""
    shown = redact("x" * 995 + PASSWORD + "y" * 1000, [PASSWORD])

    assert shown == "x" * 995 + "[secr…"


# Which texts are secrets


def credentials_texts(form: object) -> list[str]:
    return secrets_of(kinds.GCP, {"google_credentials": form})


@pytest.mark.parametrize("part", ["private_key", "private_key_id"])
@pytest.mark.parametrize("text", [canonical_credentials(KEY), KEY_TEXT, f"\n {KEY_TEXT}", KEY_BASE64], ids=range(4))
@pytest.mark.parametrize("given_as", ["text", "reference"])
def test_every_secret_part_of_a_service_account_key_is_hidden_in_any_form(
    part: str, text: str, given_as: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", text)
    form = Secret(text) if given_as == "text" else SecretReference("from_env", "KEY")

    for echo in (str, repr, json.dumps, one_line):
        assert echo(KEY[part]) not in redact(f"cannot sign with {echo(KEY[part])}", credentials_texts(form))


def test_a_single_line_of_a_private_key_is_hidden() -> None:
    line = KEY["private_key"].splitlines()[1]

    assert line not in redact(f"cannot decode {line}", credentials_texts(Secret(KEY_TEXT)))


def test_a_key_given_as_a_dict_is_hidden_before_it_is_checked() -> None:
    assert KEY["private_key"] in credentials_texts(KEY)


def test_the_account_and_project_of_a_key_stay_readable() -> None:
    reason = f"{KEY['client_email']} may not read {KEY['project_id']}"

    assert redact(reason, credentials_texts(Secret(KEY_TEXT))) == reason


def test_the_value_behind_a_reference_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM", PASSWORD)

    assert PASSWORD in secrets_of(kinds.SQL, {"password": SecretReference("from_env", "CRM")})


@pytest.mark.parametrize("name", ["NOT_SET", "~nobody-has-this-name/x", "nul\0byte"])
def test_a_reference_that_cannot_be_read_hides_nothing_and_breaks_nothing(name: str) -> None:
    for source in ("from_env", "from_file"):
        assert secrets_of(kinds.SQL, {"password": SecretReference(source, name)}) == []


def test_secrets_of_the_wrong_type_are_hidden_too() -> None:
    assert secrets_of(kinds.SQL, {"password": {"a": [PASSWORD]}}) == [PASSWORD]


@quick
@given(st.text(st.characters(), min_size=4))
def test_any_secret_and_any_text_can_be_redacted(secret: str) -> None:
    assert secret not in redact(f"it is {secret}", [secret]) or secret in "it is [secret]"
