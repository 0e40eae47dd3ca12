"""Where settings come from, and in which order."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_previsionio import SettingsError
from pulumi_previsionio._platform.settings import EXPLICIT, Settings, normalized_address, resolve

from tests.unit.examples import quick

STACK = {"previsionio:url": "https://stack", "previsionio:token": "stack-token", "previsionio:projectId": "stack-id"}
ENVIRONMENT = {
    "PREVISION_URL": "https://environment",
    "PREVISION_MASTER_TOKEN": "environment-token",
    "PREVISION_PROJECT_ID": "environment-id",
}


def found(config: dict[str, Any], environment: dict[str, str] | None = None) -> tuple[str | None, ...]:
    settings = resolve(config.get, environment or {})
    assert settings.problems == ()
    return settings.url, settings.token, settings.project_id


def problems(config: dict[str, Any], environment: dict[str, str] | None = None) -> tuple[str, ...]:
    return resolve(config.get, environment or {}).problems


def test_the_stacks_configuration_is_used() -> None:
    assert found(STACK) == ("https://stack", "stack-token", "stack-id")


def test_the_stack_goes_before_the_environment() -> None:
    """A variable that is left in a shell must not send the production stack's objects to the test server."""
    assert found(STACK, ENVIRONMENT) == ("https://stack", "stack-token", "stack-id")


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_each_setting_is_looked_for_by_itself(name: str) -> None:
    index = list(ENVIRONMENT).index(name)
    stack = {key: value for number, (key, value) in enumerate(STACK.items()) if number != index}
    expected = list(STACK.values())
    expected[index] = ENVIRONMENT[name]

    assert found(stack, ENVIRONMENT) == tuple(expected)


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_variable_is_none(nothing: str) -> None:
    assert found(STACK, dict.fromkeys(ENVIRONMENT, nothing)) == ("https://stack", "stack-token", "stack-id")


def test_the_environment_never_redirects_an_explicit_provider() -> None:
    assert found({**STACK, EXPLICIT: "arguments"}, ENVIRONMENT) == ("https://stack", "stack-token", "stack-id")


def test_the_environment_never_completes_an_explicit_provider() -> None:
    explicit = {"previsionio:url": "https://stack", "previsionio:token": "stack-token", EXPLICIT: "arguments"}

    assert found(explicit, ENVIRONMENT) == ("https://stack", "stack-token", None)


MAPPED = {"previsionio:url": "https://stack", EXPLICIT: "token=STAGING_TOKEN"}


def test_an_explicit_provider_reads_the_variables_that_it_names() -> None:
    assert found(MAPPED, {**ENVIRONMENT, "STAGING_TOKEN": "staging"}) == ("https://stack", "staging", None)


@pytest.mark.parametrize("nothing", [{}, {"STAGING_TOKEN": ""}])
def test_a_token_of_another_platform_never_stands_in_for_a_variable_that_is_not_set(nothing: dict[str, str]) -> None:
    """The engine maps a variable only if it is set: the one that it would replace is there all the same."""
    assert problems(MAPPED, {**ENVIRONMENT, **nothing}) == (
        "no token for the platform: the environment variable STAGING_TOKEN, which the explicit provider names, "
        "is not set",
    )


def test_arguments_of_an_explicit_provider_win_over_mapped_variables() -> None:
    explicit = {**STACK, EXPLICIT: "url=A,token=B,projectId=C"}

    assert found(explicit, {"A": "https://a", "B": "b", "C": "c"}) == tuple(STACK.values())


def test_all_that_is_missing_is_named_at_once_with_all_three_places() -> None:
    missing = problems({})

    assert missing == (
        "no address of the platform: give url= to an explicit previsionio.Provider, "
        "or run `pulumi config set previsionio:url …`, or set PREVISION_URL in the environment",
        "no token for the platform: give token= to an explicit previsionio.Provider, "
        "or run `pulumi config set --secret previsionio:token …`, or set PREVISION_MASTER_TOKEN in the environment",
    )
    with pytest.raises(SettingsError) as caught:
        resolve(dict[str, str]().get, {}).require()
    assert str(caught.value) == "; ".join(missing)


def test_a_missing_project_is_none_yet() -> None:
    assert found({**STACK, "previsionio:projectId": None}) == ("https://stack", "stack-token", None)


def test_spaces_and_newlines_around_a_value_do_not_count() -> None:
    assert found({name: f" {value}\n" for name, value in STACK.items()}) == tuple(STACK.values())


@pytest.mark.parametrize("token", ["a\nb", "a\rX-Evil: 1", "a\0b", "tökén", "a\x7fb", "t\u200bken"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    (problem,) = problems({**STACK, "previsionio:token": token})

    assert problem == "the token for the platform holds characters that no HTTP header can carry"


def test_a_token_is_in_no_representation() -> None:
    assert "stack-token" not in repr(resolve(STACK.get, {}))


@pytest.mark.parametrize(("value", "threads"), [(None, 64), ("", 64), ("1", 1), ("64", 64), (8.0, 8), ("8.0", 8)])
def test_parallelism(value: Any, threads: int) -> None:
    assert resolve({**STACK, "previsionio:parallelism": value}.get, {}).parallelism == threads


@pytest.mark.parametrize("value", ["0", "65", "-1", "1.5", "many", "²", "1e1", True])
def test_an_impossible_parallelism_is_refused(value: Any) -> None:
    settings = resolve({**STACK, "previsionio:parallelism": value}.get, {})

    assert settings.problems == ("previsionio:parallelism must be a whole number from 1 to 64",)
    assert settings.parallelism == 64


@pytest.mark.parametrize("key", ["callTimeout", "operationTimeout"])
@pytest.mark.parametrize(("value", "seconds"), [("1", 1.0), ("2.5", 2.5), (90.0, 90.0), ("86400", 86400.0)])
def test_times(key: str, value: Any, seconds: float) -> None:
    settings = resolve({**STACK, f"previsionio:{key}": value}.get, {})

    assert not settings.problems
    assert seconds == (settings.call_timeout if key == "callTimeout" else settings.operation_timeout)


@pytest.mark.parametrize("key", ["callTimeout", "operationTimeout"])
@pytest.mark.parametrize("value", ["0", "0.5", "86401", "-1", "5m", "inf", "nan", "1e3", True])
def test_an_impossible_time_is_refused(key: str, value: Any) -> None:
    settings = resolve({**STACK, f"previsionio:{key}": value}.get, {})

    assert settings.problems == (f"previsionio:{key} must be a number of seconds from 1 to 86400",)
    assert (settings.call_timeout, settings.operation_timeout) == (60.0, 300.0)


def test_times_come_from_the_environment_too() -> None:
    settings = resolve(STACK.get, {"PREVISION_CALL_TIMEOUT": "5", "PREVISION_OPERATION_TIMEOUT": "50"})

    assert (settings.call_timeout, settings.operation_timeout) == (5.0, 50.0)


def test_authorities_of_ones_own(tmp_path: Path) -> None:
    bundle = tmp_path / "authorities.pem"
    assert problems({**STACK, "previsionio:caBundle": str(bundle)}) == (
        f"previsionio:caBundle names no file: {bundle}",
    )
    bundle.touch()
    assert resolve({**STACK, "previsionio:caBundle": str(bundle)}.get, {}).ca_bundle == str(bundle)


INSECURE = "http://platform.example"


@pytest.mark.parametrize(
    "url", [INSECURE, "http://10.0.0.1:8000", "http://[2001:db8::1]", "http://localhost.example", "http://127.example"]
)
def test_a_token_travels_in_the_clear_only_if_somebody_says_so(url: str) -> None:
    configuration = {**STACK, "previsionio:url": url}

    assert problems(configuration) == (
        f"the address of the platform is {url}, over which the token would travel in the clear: use https://, "
        "or set previsionio:allowInsecure to true if nobody can listen",
    )
    assert problems({**configuration, "previsionio:allowInsecure": "false"}) == problems(configuration)
    assert problems({**configuration, "previsionio:allowInsecure": "true"}) == ()
    assert problems({**configuration, "previsionio:allowInsecure": True}) == ()
    assert resolve(configuration.get, {"PREVISION_ALLOW_INSECURE": "true"}).problems == ()


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://a.localhost", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:80"]
)
def test_what_stays_on_this_machine_needs_no_encryption(url: str) -> None:
    assert problems({**STACK, "previsionio:url": url}) == ()


def test_a_flag_is_true_or_false() -> None:
    assert problems({**STACK, "previsionio:allowInsecure": "yes"}) == (
        "previsionio:allowInsecure must be true or false",
    )


# Addresses


@pytest.mark.parametrize(
    "written",
    [
        "https://Company.Prevision.IO",
        "HTTPS://company.prevision.io",
        "https://company.prevision.io/",
        "https://company.prevision.io///",
        "https://company.prevision.io:443",
        "https://company.prevision.io:443/",
        "https://company.prevision.io:",
        "https://company.prevision.io/ext/v1",
        "https://company.prevision.io/ext/v1/",
        "https://company.prevision.io/./",
        "https://company.prevision.io/a/../ext/v1",
    ],
)
def test_one_platform_has_one_address_however_it_is_written(written: str) -> None:
    assert normalized_address(written) == "https://company.prevision.io"


@pytest.mark.parametrize(
    ("written", "normalized"),
    [
        ("http://h:80", "http://h"),
        ("http://h:443", "http://h:443"),
        ("https://h:80", "https://h:80"),
        ("http://127.0.0.1:3001/", "http://127.0.0.1:3001"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]"),
        ("https://h/Path/To", "https://h/Path/To"),
        ("https://h/%7euser/%c3%a9", "https://h/~user/%C3%A9"),
        ("https://h/a/./b/../c", "https://h/a/c"),
        ("https://h/a//ext/v1", "https://h/a"),
        ("https://h/a%2fb", "https://h/a%2Fb"),
        ("https://b\u00fccher.example.", "https://b\u00fccher.example."),
    ],
)
def test_addresses_that_differ_stay_different(written: str, normalized: str) -> None:
    assert normalized_address(written) == normalized
    assert normalized_address(normalized) == normalized


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("company.prevision.io", "must start with https:// or http:// and a host"),
        ("ftp://h", "must start with https:// or http:// and a host"),
        ("https://", "must start with https:// or http:// and a host"),
        ("https:///path", "must start with https:// or http:// and a host"),
        ("https://:443", "must start with https:// or http:// and a host"),
        ("https://me@h", "must not hold a user name or password"),
        ("https://me:secret@h", "must not hold a user name or password"),
        ("https://@h", "must not hold a user name or password"),
        ("https://h?key=1", "must not hold a query or fragment"),
        ("https://h#part", "must not hold a query or fragment"),
        ("https://h:99999", "has an impossible port"),
        ("https://h:x", "has an impossible port"),
        ("https://h:0", "has an impossible port"),
        ("https://h\\@elsewhere", "must not hold a user name or password"),
        ("https://[::1", "cannot be read"),
        ("https://me:secret@h\u2100", "cannot be read"),
        ("https://two words", "must not hold spaces or invisible characters"),
        ("https://h/two words", "must not hold spaces or invisible characters"),
        ("https://two\nlines", "must not hold spaces or invisible characters"),
        ("https://a..b", "has an impossible host"),
        ("https://h\\x", "has an impossible host"),
        ("https://[::z]", "cannot be read"),
        (f"https://{'a' * 64}.example", "has an impossible host"),
    ],
)
def test_what_is_no_address_is_refused_without_showing_it(written: str, reason: str) -> None:
    (problem,) = problems({**STACK, "previsionio:url": written})

    assert problem == f"the address of the platform {reason}"


def test_an_address_that_is_refused_is_not_kept() -> None:
    settings = resolve({**STACK, "previsionio:url": "https://me:secret@h"}.get, {})

    assert settings.url is None
    assert "secret" not in repr(settings)


@quick
@given(st.text() | st.from_regex(r"https?://[^/]{0,20}(/.{0,20})?", fullmatch=True))
def test_any_text_is_an_address_or_refused_in_a_line(text: str) -> None:
    settings = resolve({**STACK, "previsionio:url": text}.get, {})

    if settings.url is None:
        assert len(settings.problems) == 1
        assert "\n" not in settings.problems[0]
    else:
        assert normalized_address(settings.url) == settings.url


def test_settings_without_problems_give_address_and_token() -> None:
    assert Settings("https://h", "t", None).require() == ("https://h", "t")
