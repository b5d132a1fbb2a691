"""The project itself as an app, which brings the checks of a deployment."""

from importlib import import_module

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """Registers the checks of a deployment."""

    name = "clinic"

    def ready(self) -> None:
        """Register the checks of `clinic.checks`."""
        import_module("clinic.checks")
