"""Documents of all patients, to be found by name; they are added on the patient's own page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.http import FileResponse, HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from backoffice.kit.actor import actor_of
from backoffice.kit.cells import patient_link
from backoffice.kit.files import send_file
from backoffice.kit.filters import PutAwayFilter
from backoffice.kit.steps import Step
from backoffice.kit.verb_admin import VerbAdmin
from patients.models import Document
from patients.services import archive_document, open_document

PUT_AWAY = Step(
    name="put-away",
    label=_("Put away"),
    verb="patients.archive_document",
    call=archive_document,
    done=ngettext_lazy("%(count)d document put away.", "%(count)d documents put away.", "count"),
    offered=lambda document: document.archived_at is None,
    confirm=_("The file is kept, but nobody sees it with the patient any more."),
    leaves=True,
    icon="archive",
)


@admin.register(Document)
class DocumentAdmin(VerbAdmin):
    """Documents."""

    view_verb = "patients.view"
    add_verb = "patients.add_document"
    made_on = "admin:patients_patient_changelist"
    steps = (PUT_AWAY,)
    list_display = ("name", "who", "type", "folder", "weight", "created_at")
    list_filter = ("type", PutAwayFilter)
    list_select_related = ("patient", "folder")
    ordering = ("-created_at", "-pk")
    search_fields = ("name",)
    search_patient = "patient"
    sortable_by = ("created_at",)
    search_help_text = _("Name of the document or the patient")
    fields = ("download", "who", "type", "folder", "content_type", "weight", "created_at", "created_by")
    readonly_fields = fields

    def place(self, row: Any) -> dict[str, int]:
        return {"organization_id": row.patient.organization_id}

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
