"""Every path of the contract: what is described, and where else it is served; no trailing slashes."""

from django.urls import include, path

from api.flextell import described

urlpatterns = [
    *described.urlpatterns,
    path("api/v1/", include(described.of_appointments)),
    path("flextell/api/v1/", include(described.of_appointments)),
]
