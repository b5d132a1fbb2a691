"""The project itself as an app, which registers the deployment checks."""

from importlib import import_module

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """The app of the project."""

    name = "clinic"

    def ready(self) -> None:
        """Register the checks of `clinic.checks`."""
        import_module("clinic.checks")
