"""The paths that the contract's document describes: each operation once, at the seed's own mount."""

from django.urls import include, path

from api.alfadocs.urls import TABLE, served

urlpatterns = [path("api/v1/", include(served(TABLE)))]
