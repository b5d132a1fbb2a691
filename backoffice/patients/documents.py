"""Documents of all patients, to be found by name; they are added on the patient's own page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import patient_link
from backoffice.kit.files import send_file
from backoffice.kit.filters import PutAwayFilter
from backoffice.kit.forms import VerbForm
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import Values, VerbAdmin
from core.actor import Actor
from patients.models import Document
from patients.services import archive_document, change_document, open_document, restore_document

PUT_AWAY = Step(
    name="put-away",
    label=_("Archive"),
    verb="patients.archive_document",
    call=archive_document,
    done=ngettext_lazy("%(count)d document archived.", "%(count)d documents archived.", "count"),
    offered=lambda document: document.archived_at is None,
    confirm=_("The file is kept, but nobody sees it with the patient any more. It can be restored."),
    leaves=True,
    icon="archive",
)
BRING_BACK = Step(
    name="bring-back",
    label=_("Restore"),
    verb="patients.archive_document",
    call=restore_document,
    done=ngettext_lazy("%(count)d document restored.", "%(count)d documents restored.", "count"),
    offered=lambda document: document.archived_at is not None,
    icon="unarchive",
)


class DocumentForm(VerbForm):
    """Names the folder: one that is not there yet is made."""

    folder_name = forms.CharField(label=_("Folder"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.folder is not None:
            self.initial["folder_name"] = self.instance.folder.name


@admin.register(Document)
class DocumentAdmin(VerbAdmin):
    """Documents."""

    view_verb = "patients.view"
    add_verb = "patients.add_document"
    change_verb = "patients.change_document"
    form = DocumentForm
    made_on = "admin:patients_patient_changelist"
    steps = (PUT_AWAY, BRING_BACK)
    list_display = ("name", "who", "type", "folder", "weight", "created_at")
    list_filter = ("type", PutAwayFilter)
    list_select_related = ("folder",)
    ordering = ("-created_at", "-pk")
    search_fields = ("~name",)
    search_patient = "patient"
    sortable_by = ("created_at",)
    search_help_text = _("Patient, document, or both")
    fields = ("download", "who", "name", "type", "folder_name", "content_type", "weight", "created_at", "created_by")
    readonly_fields = ("download", "who", "content_type", "weight", "created_at", "created_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Not joined: SQLite would rather begin with the patients, and sort.
        return super().get_queryset(request).prefetch_related("patient")

    def place(self, row: Any) -> dict[str, int]:
        return {"organization_id": row.patient.organization_id}

    def layout(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Whoever may change nothing is told the folder."""
        fieldsets = super().layout(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        told = [name if name != "folder_name" else "folder" for name in self.fields]
        return [(None, {"fields": told})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not of one that was archived."""
        away = isinstance(obj, Document) and obj.archived_at is not None
        return not away and super().has_change_permission(request, obj)

    def change(self, obj: Document, form: Any, values: Values, *, by: Actor, at: datetime) -> Document:
        told: Any = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        return change_document(obj.pk, values=told, by=by, at=at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<int:pk>/file/", view, name="patients_document_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """The bytes of a document, for those who see its patient."""
        document = open_document(actor_of(request), pk)
        return send_file(document.file, name=document.name, content_type=document.content_type)

    @display(description=_("patient"), ordering="patient__search_name")
    def who(self, document: Document) -> SafeString | str:
        return patient_link(document.patient)

    @display(description=_("size"), ordering="size")
    def weight(self, document: Document) -> str:
        return filesizeformat(document.size)

    @display(description=_("file"))
    def download(self, document: Document) -> SafeString:
        address = reverse("admin:patients_document_file", args=(document.pk,))
        return format_html('<a class="bo-link" href="{}">{}</a>', address, document.name)
