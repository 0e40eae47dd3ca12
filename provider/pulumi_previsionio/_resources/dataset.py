"""The dataset: a snapshot of a data source, kept by the platform."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import Input, Output

from .. import _dynamic
from .._core.kind import SOURCE_INPUTS
from .._core.results import DatasourceResult
from .base import PrevisionResource, as_id, attribute
from .datasource import Datasource

if TYPE_CHECKING:
    from typing_extensions import Self


class Dataset(PrevisionResource, module="previsionio", name="Dataset"):
    """A snapshot taken from a data source. `pulumi up` waits until the copy is done.

    Outputs: all inputs (`datasource` as `datasource_id`), `id`, `platform_url`, the platform's address, and what the
    platform tells of the copy, as of the last `up` or refresh: `rows`, `columns`, `size` (bytes) and `state`. None
    where it tells nothing, and in stacks of version 0.1.0 before their first refresh.
    """

    _provider_class = _dynamic.DatasetProvider
    datasource_id: Output[str]
    name: Output[str]
    project_id: Output[str]
    triggers: Output[list[Any] | None]
    source: Output[dict[str, Any] | None]
    keep_on_replace: Output[bool]
    timeout: Output[float]
    platform_url: Output[str]
    rows: Output[int | None]
    columns: Output[int | None]
    size: Output[int | None]
    state: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        datasource: Datasource | Input[DatasourceResult] | Input[str],
        name: Input[str] | None = None,
        project_id: Input[str] | None = None,
        triggers: Input[Sequence[Any]] | None = None,
        keep_on_replace: Input[bool] | None = None,
        timeout: Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """A snapshot taken from a data source. `pulumi up` waits until the copy is done.

        Args:
            resource_name: its name in the program.
            datasource: a data source resource, what `get_datasource` found, or the id of one.
                A change takes a new snapshot.
            name: its name on the platform. Default: the resource's name when the object is made, and kept from then on.
            project_id: the project that holds it. Default: its data source's, else the provider's.
            triggers: any values; a new snapshot is taken when they change. A new snapshot replaces the old one: it is
                made first, then the old one is deleted.
            keep_on_replace: keep the old snapshots on the platform, where no stack holds them any more. Default: False.
            timeout: seconds that the copy may take. Default: 1800.
            opts: Pulumi's resource options.
        """
        if project_id is None:
            project_id = attribute(datasource, "project_id")
        inputs = dict(
            datasource_id=as_id(datasource),
            name=name,
            project_id=project_id,
            triggers=triggers,
            source=_location(datasource),
            keep_on_replace=keep_on_replace,
            timeout=timeout,
        )
        super().__init__(resource_name, inputs, opts)

    @classmethod
    def get(cls, resource_name: str, id: Input[str], opts: pulumi.ResourceOptions | None = None) -> "Self":  # noqa: A002
        """An existing dataset, read and never changed; raises when the platform has none with that id."""
        return cls._get(resource_name, id, opts)


def _location(datasource: Any) -> Any:
    """Where the data are that the snapshot is taken from; None when the program may know no more than an id.

    What is in an Output nobody knows before it is there: it would be a change in every preview.
    """
    if isinstance(datasource, Datasource):
        return datasource.location
    if isinstance(datasource, DatasourceResult):
        return {name: getattr(datasource, name) for name in SOURCE_INPUTS}
    return None
