"""The roof, as an app."""

from importlib import import_module

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """Registers the checks of a deployment."""

    name = "clinic"

    def ready(self) -> None:
        """Import them."""
        import_module("clinic.checks")
