"""The project: the folder on the platform that holds connectors, data sources and datasets."""

from typing import TYPE_CHECKING

import pulumi
from pulumi import Input, Output

from .. import _dynamic
from .base import PrevisionResource

if TYPE_CHECKING:
    from typing_extensions import Self


class Project(PrevisionResource, module="previsionio", name="Project"):
    """A project. Other resources go into it with `project_id=project.id`.

    Outputs: all inputs, `id`, and `platform_url`, the platform's address.
    """

    _provider_class = _dynamic.ProjectProvider
    name: Output[str]
    description: Output[str | None]
    color: Output[str | None]
    force_destroy: Output[bool]
    platform_url: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str] | None = None,
        description: Input[str] | None = None,
        color: Input[str] | None = None,
        force_destroy: Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """A project. Other resources go into it with `project_id=project.id`.

        Args:
            resource_name: its name in the program.
            name: its name on the platform. Default: the resource's name when the object is made, and kept from then on.
            description: text of any length.
            color: its color in the web interface, as `#RRGGBB`.
            force_destroy: delete the project with all that it holds. Default: False, which refuses while it holds
                connectors, data sources or datasets.
            opts: Pulumi's resource options.
        """
        inputs = dict(name=name, description=description, color=color, force_destroy=force_destroy)
        super().__init__(resource_name, inputs, opts)

    @classmethod
    def get(cls, resource_name: str, id: Input[str], opts: pulumi.ResourceOptions | None = None) -> "Self":  # noqa: A002
        """An existing project, read and never changed; raises when the platform has none with that id."""
        return cls._get(resource_name, id, opts)
