"""The door for programs: the contracts, and the seams that they share."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The app of the contracts; its one table keeps first replies."""

    name = "api"

    def ready(self) -> None:
        from api.base import converters

        converters.register()
