"""The forms that ask about patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from backoffice.kit.actor import actor_of
from backoffice.kit.alike import alike_list
from backoffice.kit.forms import VerbForm
from backoffice.kit.steps import Step
from backoffice.kit.uploads import UploadForm
from patients.services import add_document, similar_patients
from patients.states import DocumentType

if TYPE_CHECKING:
    from backoffice.kit.verb_admin import VerbAdmin


class DocumentForm(UploadForm):
    """Asks for a file, and what it is."""

    name = forms.CharField(
        label=_("Name"),
        max_length=255,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Leave empty to keep the file's own."),
    )
    type = forms.ChoiceField(
        label=_("Kind"), choices=DocumentType, initial=DocumentType.OTHER, widget=UnfoldAdminSelectWidget
    )
    folder_name = forms.CharField(label=_("Folder"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget)


ADD_DOCUMENT = Step(
    name="add-document",
    label=_("Add a document"),
    verb="patients.add_document",
    call=add_document,
    done=ngettext_lazy("The document was added.", "%(count)d documents were added.", "count"),
    form=DocumentForm,
    bulk=False,
    icon="attach_file",
)


class PatientForm(VerbForm):
    """Asks once more where the patient looks like one who is there already."""

    model_admin: ClassVar[VerbAdmin]

    known = forms.BooleanField(label=_("This is another person"), required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.instance.pk is None and not given.get("known"):
            self.warn(given)
        return given

    def warn(self, given: dict[str, Any]) -> None:
        """Refuse until the warning has been answered."""
        organization_id = self.model_admin.scope_id(self.request, self)
        alike = similar_patients(
            actor_of(self.request),
            organization_id=organization_id,
            phone=str(self.data.get("phone_numbers-0-number", "")),
            first_name=given.get("first_name", ""),
            last_name=given.get("last_name", ""),
            email=given.get("email", ""),
            date_of_birth=given.get("date_of_birth"),
        )
        if not alike:
            return
        self.fields["known"].widget = UnfoldBooleanWidget()
        asked = _t("A similar patient already exists. Open their record, or tick the box and save again.")
        self.add_error("known", alike_list(asked, alike, by=actor_of(self.request)))
