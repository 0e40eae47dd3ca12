"""Calls of the contract that a local platform does not serve.

They answer 501, where 404 would say that an object is gone.
"""

from __future__ import annotations

from starlette.responses import JSONResponse

from .errors import error_response
from .settings import API
from .web import Router

_ROOTS = (
    "contact-points",
    "deployments",
    "experiment-versions",
    "experiments",
    "exporters",
    "exports",
    "image-folders",
    "models",
    "pipeline-components",
    "pipeline-scheduled-runs",
    "pipeline-templates",
    "predictions",
)
_IN_PROJECTS = (
    "contact-points",
    "deployments",
    "experiments",
    "exporters",
    "image-folders",
    "pipeline-components",
    "pipeline-scheduled-runs",
    "pipeline-templates",
)
_PATHS = (
    *(f"/{root}" for root in _ROOTS),
    *(f"/{root}/{{rest:path}}" for root in _ROOTS),
    *(f"/projects/{{project_id}}/{kind}" for kind in _IN_PROJECTS),
    *(f"/projects/{{project_id}}/{kind}/{{rest:path}}" for kind in _IN_PROJECTS),
    "/datasets/{dataset_id}/analysis",
    "/datasets/{dataset_id}/explorer",
    "/datasets/{dataset_id}/explorer/{rest:path}",
)
_METHODS = "DELETE GET OPTIONS PATCH POST PUT"

router = Router(API)


async def not_served() -> JSONResponse:
    """Say that the hosted platform has this."""
    return error_response(501, ["not served by the local platform"])


for _path in _PATHS:
    router.call(_METHODS, _path, hidden=True)(not_served)
