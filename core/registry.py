"""Contributions of apps, declared in modules of an agreed name and collected without signals."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps


@cache
def contributions(name: str) -> tuple[ModuleType, ...]:
    """The module `name` of every installed app that has one, in the order of INSTALLED_APPS.

    Only our own apps are asked: a library's `permissions.py` means something else.
    """
    ours = (config for config in apps.get_app_configs() if config.label in OURS)
    return tuple(
        import_module(f"{config.name}.{name}") for config in ours if find_spec(f"{config.name}.{name}") is not None
    )


OURS = frozenset(
    {
        "core",
        "directory",
        "patients",
        "catalog",
        "orders",
        "programs",
        "scheduling",
        "billing",
        "api",
        "backoffice",
        "clinic",
    }
)
