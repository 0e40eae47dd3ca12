"""The explicit provider: several platforms or accounts in one program."""

import os
from typing import Any

import pulumi
from pulumi import Input, Output

from .._errors import InputError
from .._platform.settings import (
    ALLOW_INSECURE_SETTING,
    CA_BUNDLE_SETTING,
    CALL_TIMEOUT_SETTING,
    EXPLICIT,
    OPERATION_TIMEOUT_SETTING,
    PARALLELISM_SETTING,
    PROJECT_SETTING,
    SETTINGS,
    TOKEN_SETTING,
    URL_SETTING,
    Setting,
)


class Provider(pulumi.ProviderResource):
    """One platform and account. Resources take it with `opts=pulumi.ResourceOptions(provider=…)`.

    Nothing but its arguments and mapped variables counts: environment and stack configuration never redirect it. A
    changed token touches no resource. A changed address is refused by every resource that was made on another one,
    also when the resource moves to this provider or away from it.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        url: Input[str] | None = None,
        token: Input[str] | None = None,
        project_id: Input[str] | None = None,
        parallelism: Input[int] | None = None,
        call_timeout: Input[float] | None = None,
        operation_timeout: Input[float] | None = None,
        ca_bundle: Input[str] | None = None,
        allow_insecure: Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """One platform and account. Resources take it with `opts=pulumi.ResourceOptions(provider=…)`.

        Args:
            resource_name: its name in the program.
            url: the platform's address, such as `https://company.prevision.io`.
            token: the master token, kept secret.
            project_id: the default project of the resources. Default: none.
            parallelism: the most calls at the same time, 1 to 64; fewer where the platform gets slower. Default: 64.
            call_timeout: seconds from the sending of a call to the end of its answer, 1 to 86400. Default: 60.
            operation_timeout: seconds that one operation on one resource may take, with all its calls and pauses,
                1 to 86400. A snapshot has its own `timeout` besides. Default: 300.
            ca_bundle: file with the certificates of the authorities to trust instead of the usual ones (PEM).
            allow_insecure: whether the token may travel in the clear, to an address with `http://` that is not this
                machine. Default: False.
            opts: Pulumi's resource options. With `env_var_mappings={"STAGING_TOKEN": "PREVISION_MASTER_TOKEN"}` the
                token comes from the environment whenever it is needed, and is in no state.

        Raises:
            InputError: neither an argument nor a mapped variable gives the address or the token.
        """
        given: dict[Setting, Input[Any] | None] = {
            URL_SETTING: url,
            TOKEN_SETTING: token,
            PROJECT_SETTING: project_id,
            PARALLELISM_SETTING: parallelism,
            CALL_TIMEOUT_SETTING: call_timeout,
            OPERATION_TIMEOUT_SETTING: operation_timeout,
            CA_BUNDLE_SETTING: ca_bundle,
            ALLOW_INSECURE_SETTING: allow_insecure,
        }
        variables = {target: source for source, target in (getattr(opts, "env_var_mappings", None) or {}).items()}
        mapped = [setting for setting in SETTINGS if given[setting] is None and setting.variable in variables]
        problems = [
            f"{setting.argument}: is required, unless env_var_mappings maps a variable to {setting.variable}"
            for setting in (URL_SETTING, TOKEN_SETTING)
            if given[setting] is None and setting not in mapped
        ]
        if problems:
            raise InputError(f"Provider {resource_name!r}", problems)

        properties: dict[str, Any] = {
            setting.full_key: Output.secret(value) if setting.secret else value
            for setting, value in given.items()
            if value is not None
        }
        names = [f"{setting.key}={variables[setting.variable]}" for setting in mapped]
        properties[EXPLICIT] = ",".join(names) or "arguments"
        self._lookup_config: dict[str, Input[Any]] = {
            **properties,
            **{setting.full_key: os.environ.get(variables[setting.variable]) for setting in mapped},
        }
        if token is not None:
            self._lookup_config[TOKEN_SETTING.full_key] = token
        super().__init__("pulumi-python", resource_name, properties, opts)

    @property
    def lookup_config(self) -> dict[str, Input[Any]]:
        """The settings as lookups need them, which run in the program: by full key, Outputs where they were given."""
        return self._lookup_config
