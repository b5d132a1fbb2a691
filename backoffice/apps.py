"""The back office, and Django's admin with our own site in place of its default."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin  # its AdminConfig by name here would be a second default


class BackofficeConfig(AppConfig):
    """The back office."""

    name = "backoffice"
    default = True

    def ready(self) -> None:
        """Connect to the sign-in library's signals about second factors."""
        from backoffice.account.marks import connect  # models are there only now

        connect()


class ClinicAdminConfig(admin.SimpleAdminConfig):
    """Stands in INSTALLED_APPS in place of `django.contrib.admin`.

    The site discovers the areas once it is asked for them: a command that shows no page imports none.
    """

    default = False
    default_site = "backoffice.site.ClinicSite"
