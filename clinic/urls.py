"""All routes: the back office and the contracts."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from api.oauth.views import RevokeEndpoint, TokenEndpoint, no_such_endpoint
from backoffice.people.pages.consent import ConsentView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("backoffice.account.urls")),
    path("admin/", admin.site.urls),
    *(
        path(f"{mount}/{name}", view)
        for mount in ("oauth2", "alfadocs/oauth2", "oauth", "flextell/oauth")
        for name, view in (
            ("authorize", ConsentView.as_view()),
            ("token", TokenEndpoint.as_view()),
            ("revoke", RevokeEndpoint.as_view()),
            ("<path:rest>", no_such_endpoint),
        )
    ),
    path("", include("api.urls")),
]

# What no view answers, in the words of the contract whose path it is.
handler400 = "api.failures.bad_request"
handler500 = "api.failures.server_error"
