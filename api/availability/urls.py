"""The paths of the availability contract, as its specification writes them; no trailing slashes."""

from django.urls import include, path

from api.availability.batches import SlotBatchViewSet
from api.availability.books import BookViewSet
from api.availability.slots import AvailableSlotViewSet

paths = [
    path("available_slots", AvailableSlotViewSet.as_view({"get": "list", "post": "create"})),
    path("available_slots/search", AvailableSlotViewSet.as_view({"get": "search"})),
    path(
        "available_slots/<id:slot_id>",
        AvailableSlotViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path("providers/available_slots", AvailableSlotViewSet.as_view({"get": "list_by_provider"})),
    path("providers/available_slots/create_in_batch", SlotBatchViewSet.as_view({"post": "create"})),
    path("providers/available_slots/destroy_in_batch", SlotBatchViewSet.as_view({"delete": "destroy"})),
    path("books", BookViewSet.as_view({"get": "list", "post": "create"})),
]

urlpatterns = [path("v1/admin/clinic/availability/", include(paths))]
