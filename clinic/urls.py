"""All routes: the back office and the contracts."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from api.oauth.views import RevokeEndpoint, TokenEndpoint, no_such_endpoint
from backoffice.people.pages.consent import ConsentView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    # Asked for by browsers on pages that name no icon: Django's own 404, a file that is downloaded.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("backoffice/icon.svg"))),
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
