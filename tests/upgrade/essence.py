"""What a kept state says beside ids, times, salts and the order in which things were made."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

_CHANCE = (
    (re.compile(r'"([a-z]+)":"\d{4}-\d\d-\d\dT[^"]*"'), r'"\1":"time"'),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "uuid"),
    (re.compile(r'"(ciphertext|digest|salt)":"[^"]*"'), r'"\1":"chance"'),
)


def digest(kept: dict[str, Any]) -> str:
    """The same for states that differ in nothing else."""
    return hashlib.sha256(essence(kept).encode()).hexdigest()


def essence(kept: dict[str, Any]) -> str:
    """The state and the platform's objects as text; an id is the name of its object."""
    deployment = kept["deployment"]["deployment"]
    resources = {each["urn"]: each for each in deployment["resources"]}
    objects = {
        collection: {each["name"]: each for each in objects.values()} for collection, objects in kept["objects"].items()
    }
    told = {"resources": resources, "objects": objects, "update": kept["update"], "changed": kept["changed"]}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    for objects_by_id in kept["objects"].values():
        for id_, each in objects_by_id.items():
            text = text.replace(id_, f"id of {each['name']}")
    for pattern, constant in _CHANCE:
        text = pattern.sub(constant, text)
    return text
