"""Every route: the back office and the contracts."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("backoffice.account.urls")),
    path("admin/", admin.site.urls),
    path("", include("api.urls")),
]

# What no view answers, in the words of the contract whose path it is.
handler400 = "api.failures.bad_request"
handler500 = "api.failures.server_error"
