"""The paths in the contract's OpenAPI document: each operation once, under /api/v1."""

from django.urls import include, path

from api.alfadocs.urls import TABLE, served

urlpatterns = [path("api/v1/", include(served(TABLE)))]
