"""The core app, on which all others are built; it depends on Django alone."""

from django.apps import AppConfig

from core import append_only


class CoreConfig(AppConfig):
    """Core."""

    name = "core"

    def ready(self) -> None:
        append_only.connect()
