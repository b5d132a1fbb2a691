"""The paths of the contract, as seed 003 writes them; no trailing slashes."""

from django.urls import include, path

from api.availability import batches, books, slots

paths = [
    path("available_slots", slots.SlotListView.as_view()),
    path("available_slots/search", slots.SlotSearchView.as_view()),
    path("available_slots/<id:slot_id>", slots.SlotDetailView.as_view()),
    path("providers/available_slots", slots.ProviderSlotListView.as_view()),
    path("providers/available_slots/create_in_batch", batches.CreateBatchView.as_view()),
    path("providers/available_slots/destroy_in_batch", batches.DestroyBatchView.as_view()),
    path("books", books.BookListView.as_view()),
]

urlpatterns = [path("v1/admin/clinic/availability/", include(paths))]
