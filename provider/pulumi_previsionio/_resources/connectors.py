"""The connectors: credentials of a source of data, kept by the platform.

Each class is the typed face of an entry in `_core.kinds`. Annotations are real objects here, not text: Pulumi reads
those of outputs to turn the engine's floats into integers again, also for subclasses in other modules. Those of secrets
are `Any`: text, or a dict where a reference was given; Pulumi would end the program, and show the value, otherwise.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

import pulumi
from pulumi import Input, Output

from .. import _dynamic
from .._core.kind import Kind
from .._core.secret import SecretReference
from .base import PrevisionResource

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

SecretInput = Input[str] | SecretReference


class ConnectorArgs(TypedDict, total=False):
    """What every connector takes beside its own inputs.

    `name`: its name on the platform. Default: the resource's name when the object is made, and kept from then on.
    `project_id`: the project that holds it. Default: the provider's project. A change is a replacement.
    `test_connection`: have the platform connect before new values count. Default: True.
    `force_destroy`: let a deletion take along data sources of others that still use it. Default: False, which refuses.
    `opts`: Pulumi's resource options.
    """

    name: Input[str] | None
    project_id: Input[str] | None
    test_connection: Input[bool] | None
    force_destroy: Input[bool] | None
    opts: pulumi.ResourceOptions | None


class Connector(PrevisionResource):
    """Base of all connectors.

    Outputs: all inputs; `id`, 24 hexadecimal digits on the hosted platform; `platform_url`, the platform's address.
    """

    name: Output[str]
    project_id: Output[str]
    test_connection: Output[bool]
    force_destroy: Output[bool]
    platform_url: Output[str]

    def __init__(self, resource_name: str, inputs: Mapping[str, Any], common: ConnectorArgs) -> None:
        """Register the connector; called by the typed classes only.

        Args:
            resource_name: its name in the program.
            inputs: the inputs of its kind.
            common: those that all connectors take.

        Raises:
            InputError: an input is wrong.
        """
        rest: dict[str, Any] = dict(common)
        opts = rest.pop("opts", None)
        super().__init__(resource_name, {**inputs, **rest}, opts)

    @property
    def kind(self) -> Kind:
        """The entry of its kind."""
        return self._provider_class.kind

    @classmethod
    def get(cls, resource_name: str, id: Input[str], opts: pulumi.ResourceOptions | None = None) -> "Self":  # noqa: A002
        """An existing connector, read and never changed; its secrets are not known.

        Raises in preview and `up` when the platform has no connector of this kind with that id.
        """
        return cls._get(resource_name, id, opts)


class SQLConnector(Connector, module="previsionio", name="SQLConnector"):
    """A connector to an SQL server, such as MySQL, MariaDB or PostgreSQL."""

    _provider_class = _dynamic.SQLConnectorProvider
    host: Output[str]
    port: Output[int]
    username: Output[str]
    password: Output[Any]

    def __init__(
        self,
        resource_name: str,
        *,
        host: Input[str],
        port: Input[int],
        username: Input[str],
        password: SecretInput,
        **common: "Unpack[ConnectorArgs]",
    ) -> None:
        """A connector to an SQL server, such as MySQL, MariaDB or PostgreSQL.

        Args:
            resource_name: its name in the program.
            host: host name or IP address as the platform sees it, without scheme or port.
            port: TCP port, 1 to 65535. No default: 3306 for MySQL and MariaDB, 5432 for PostgreSQL, usually.
            username: a user of the server; one that can only read is enough.
            password: its password: text, which is kept secret from here on, or `from_env(…)`, `from_file(…)`.
            **common: what every connector takes, see `ConnectorArgs`.

        Raises:
            InputError: an input is None or empty.
        """
        inputs = dict(host=host, port=port, username=username, password=password)
        super().__init__(resource_name, inputs, common)


class FTPConnector(Connector, module="previsionio", name="FTPConnector"):
    """A connector to an FTP server."""

    _provider_class = _dynamic.FTPConnectorProvider
    host: Output[str]
    port: Output[int]
    username: Output[str]
    password: Output[Any]

    def __init__(
        self,
        resource_name: str,
        *,
        host: Input[str],
        port: Input[int] | None = None,
        username: Input[str],
        password: SecretInput,
        **common: "Unpack[ConnectorArgs]",
    ) -> None:
        """A connector to an FTP server.

        Args:
            resource_name: its name in the program.
            host: host name or IP address as the platform sees it, without scheme or port.
            port: TCP port, 1 to 65535. Default: 21.
            username: a user of the server.
            password: its password: text, which is kept secret from here on, or `from_env(…)`, `from_file(…)`.
            **common: what every connector takes, see `ConnectorArgs`.

        Raises:
            InputError: an input is None or empty.
        """
        inputs = dict(host=host, port=port, username=username, password=password)
        super().__init__(resource_name, inputs, common)


class SFTPConnector(Connector, module="previsionio", name="SFTPConnector"):
    """A connector to an SFTP server (files over SSH), by password."""

    _provider_class = _dynamic.SFTPConnectorProvider
    host: Output[str]
    port: Output[int]
    username: Output[str]
    password: Output[Any]

    def __init__(
        self,
        resource_name: str,
        *,
        host: Input[str],
        port: Input[int] | None = None,
        username: Input[str],
        password: SecretInput,
        **common: "Unpack[ConnectorArgs]",
    ) -> None:
        """A connector to an SFTP server (files over SSH), by password.

        Args:
            resource_name: its name in the program.
            host: host name or IP address as the platform sees it, without scheme or port.
            port: TCP port, 1 to 65535. Default: 22.
            username: a user of the server.
            password: its password: text, which is kept secret from here on, or `from_env(…)`, `from_file(…)`.
            **common: what every connector takes, see `ConnectorArgs`.

        Raises:
            InputError: an input is None or empty.
        """
        inputs = dict(host=host, port=port, username=username, password=password)
        super().__init__(resource_name, inputs, common)


class S3Connector(Connector, module="previsionio", name="S3Connector"):
    """A connector to Amazon S3."""

    _provider_class = _dynamic.S3ConnectorProvider
    access_key_id: Output[str]
    secret_access_key: Output[Any]

    def __init__(
        self,
        resource_name: str,
        *,
        access_key_id: Input[str],
        secret_access_key: SecretInput,
        **common: "Unpack[ConnectorArgs]",
    ) -> None:
        """A connector to Amazon S3.

        Args:
            resource_name: its name in the program.
            access_key_id: the access key's id.
            secret_access_key: the access key's secret: text, which is kept secret from here on, or `from_env(…)`,
                `from_file(…)`.
            **common: what every connector takes, see `ConnectorArgs`.

        Raises:
            InputError: an input is None or empty.
        """
        inputs = dict(access_key_id=access_key_id, secret_access_key=secret_access_key)
        super().__init__(resource_name, inputs, common)


class GCPConnector(Connector, module="previsionio", name="GCPConnector"):
    """A connector to Google Cloud: BigQuery and Cloud Storage."""

    _provider_class = _dynamic.GCPConnectorProvider
    google_credentials: Output[Any]

    def __init__(
        self,
        resource_name: str,
        *,
        google_credentials: Input[dict[str, Any]] | SecretInput,
        **common: "Unpack[ConnectorArgs]",
    ) -> None:
        """A connector to Google Cloud: BigQuery and Cloud Storage.

        Args:
            resource_name: its name in the program.
            google_credentials: a service account's key: a dict, its JSON text, or base64 of that text (what a GCP
                service-account key resource gives), kept secret from here on; or `from_env(…)`, `from_file(…)`.
                However it is written, equal keys are equal; the output is the key as JSON text.
            **common: what every connector takes, see `ConnectorArgs`.

        Raises:
            InputError: an input is None or empty.
        """
        inputs = dict(google_credentials=google_credentials)
        super().__init__(resource_name, inputs, common)
