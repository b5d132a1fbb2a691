"""The door for programs: the contracts, and the seams that they share."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        from api.base import auth, converters

        converters.register()
        auth.describe()
