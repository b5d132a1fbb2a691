"""Patients at the desk: found, not entered twice, and seen at a glance."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from patients.models import Document, Patient, PatientAccess
from tests.backoffice.conftest import form_of, formset_of, said, stored
from tests.factories import (
    AT,
    CustomFieldFactory,
    CustomFieldValueFactory,
    DocumentFactory,
    PatientAccessFactory,
    PatientFactory,
    PhoneNumberFactory,
    UserFactory,
)

LIST = reverse("admin:patients_patient_changelist")
ADD = reverse("admin:patients_patient_add")
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def page(row):
    return reverse("admin:patients_patient_page", args=(row.pk,))


def change(row):
    return reverse("admin:patients_patient_change", args=(row.pk,))


@pytest.fixture
def stefan(practice):
    patient = PatientFactory(
        organization=practice.organization,
        first_name="Ștefan",
        last_name="Ioniță",
        email="stefan@example.org",
        date_of_birth=date(1990, 5, 6),
        identity_number="1900506123456",
    )
    PhoneNumberFactory(patient=patient, prefix="+40", number="722123456", e164="+40722123456")
    return patient


# ----------------------------------------------------------------------------------------------- finding


@pytest.mark.parametrize(
    "typed",
    [
        "stefan ionita",
        "Ioniță",
        "IONITA STEF",
        "stefan@example.org",
        "Stefan@Ex",
        "1900506123456",
        "0722123456",
        "+40 722 123 456",
        "0722 123 456",
        "722-123-456",
    ],
)
def test_a_patient_is_found_by_what_people_say(desk, practice, stefan, typed):
    PatientFactory(
        organization=practice.organization, first_name="Maria", last_name="Popescu", email="maria@example.org"
    )
    found = desk.get(LIST, {"q": typed}).context["cl"].result_list
    assert [row.pk for row in found] == [stefan.pk]


@pytest.mark.parametrize("typed", ["ionescu", "0733 000 000", "stefan popescu", "%", "_", "'"])
def test_nobody_else_is_found(desk, practice, stefan, typed):
    assert [row.pk for row in desk.get(LIST, {"q": typed}).context["cl"].result_list] == []


def test_the_name_in_the_list_leads_to_the_patient_at_a_glance(desk, stefan):
    assert f'href="{page(stefan)}' in desk.get(LIST).content.decode()


# ------------------------------------------------------------------------------------------- no doubles


def typed(client, **values):
    return {**form_of(client.get(ADD)), **values}


def test_a_new_patient_is_added_with_their_number(desk, practice, history):
    data = typed(desk, first_name="Ana", last_name="Pop", email="ana@example.org")
    data |= {"phone_numbers-0-prefix": "+40", "phone_numbers-0-number": "722000111"}
    response = desk.post(ADD, data)
    row = Patient.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, page(row))
    assert (row.first_name, row.organization_id, row.search_name) == ("Ana", practice.organization_id, "pop ana")
    assert row.phone_numbers.get().e164 == "+40722000111"
    assert history()[0][0] == "patients.create_patient"


@pytest.mark.parametrize(
    "values",
    [
        {"first_name": "stefan", "last_name": "Ionita"},
        {"first_name": "S", "last_name": "I", "email": "STEFAN@example.org"},
        {"first_name": "X", "last_name": "Ionita", "date_of_birth": "1990-05-06"},
        {"last_name": "Other", "phone_numbers-0-number": "722123456", "phone_numbers-0-prefix": "+40"},
    ],
)
def test_a_patient_who_looks_like_one_is_asked_about(desk, stefan, values):
    before = stored()
    response = desk.post(ADD, typed(desk, **values))
    form = response.context["adminform"].form
    assert list(form.errors) == ["known"]
    assert "A similar patient already exists." in form.errors["known"][0]
    assert page(stefan) in form.errors["known"][0]
    assert not form.fields["known"].widget.is_hidden
    assert stored() == before


def test_staff_may_say_that_it_is_another_person(desk, stefan):
    response = desk.post(ADD, typed(desk, first_name="Ștefan", last_name="Ioniță", known="on"))
    assert response.status_code == 302
    assert Patient.objects.filter(search_name="ionita stefan").count() == 2


def test_the_warning_names_no_patient_of_another_organization(desk, practice, foreign_practice):
    PatientFactory(organization=foreign_practice.organization, first_name="Ana", last_name="Pop")
    assert desk.post(ADD, typed(desk, first_name="Ana", last_name="Pop")).status_code == 302


def test_changing_a_patient_asks_no_such_question(desk, practice, stefan):
    PatientFactory(organization=practice.organization, first_name="Ștefan", last_name="Ioniță")
    response = desk.post(change(stefan), {**form_of(desk.get(change(stefan))), "city": "Iași"})
    assert (response.status_code, response.headers["Location"]) == (302, page(stefan))
    stefan.refresh_from_db()
    assert stefan.city == "Iași"


# ------------------------------------------------------------------------------------------- at a glance


def test_the_page_shows_who_they_are(desk, stefan):
    content = desk.get(page(stefan)).content.decode()
    for text in ("Ștefan Ioniță", "6 May 1990", "+40 722123456", "tel:+40722123456", "stefan@example.org"):
        assert text in content


def test_the_page_says_what_must_not_be_overlooked(desk, practice):
    patient = PatientFactory(organization=practice.organization, archived=True, appointment_notes="Afraid of needles")
    assert desk.get(page(patient)).context["warnings"] == [
        "This record has been archived.",
        "Afraid of needles",
        "The privacy policy has not been accepted.",
    ]


def test_the_page_of_a_merged_patient_leads_to_whom_they_became(desk, practice, stefan):
    merged = PatientFactory(organization=practice.organization, merged_into=stefan, merged_at=AT)
    answer = desk.get(page(merged))
    assert (answer.status_code, answer.headers["Location"]) == (302, page(stefan))
    assert said(answer)[-1][1] == f"The record of {merged.name} ({merged.pk}) was merged into this one."


def test_the_page_shows_the_clinics_own_fields(desk, practice, stefan):
    field = CustomFieldFactory(organization=practice.organization, label="Blood group")
    CustomFieldValueFactory(field=field, patient=stefan, value="A+")
    assert dict(desk.get(page(stefan)).context["panels"][0].facts)["Blood group"] == "A+"


def test_a_specialist_sees_the_page_without_what_they_may_not_do(therapist, specialist, practice):
    from tests.factories import AppointmentFactory

    patient = AppointmentFactory(practice=practice, specialist=specialist).patient
    response = therapist.get(page(patient))
    assert [label for label, _link in response.context["links"]] == [
        "Book an appointment",
        "Order a product",
        "New estimate",
        "History",
    ]
    labels = [str(button.label) for button in response.context["buttons"]]
    assert labels == ["Add an alert …", "Add a document …"]


def test_text_that_looks_like_html_stays_text(desk, practice):
    patient = PatientFactory(
        organization=practice.organization, first_name="<script>alert(1)</script>", last_name="X", notes="<b>bold</b>"
    )
    for address in (page(patient), LIST, change(patient)):
        content = desk.get(address).content.decode()
        assert "<script>alert(1)" not in content
        assert "<b>bold" not in content


# -------------------------------------------------------------------------------------------- documents


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_document_is_added_opened_and_put_away(desk, stefan, media):
    address = reverse("admin:patients_patient_add-document", args=(stefan.pk,))
    assert desk.get(address).context["multipart"] is True
    upload = SimpleUploadedFile("scan.pdf", PDF)
    data = {"apply": "1", "file": upload, "name": "X-ray", "type": "xray", "folder_name": "2026", "next": page(stefan)}
    response = desk.post(address, data)
    assert (response.headers["Location"], said(response)) == (page(stefan), [("success", "The document was added.")])
    document = Document.objects.get()
    assert (document.patient, document.name, document.type, str(document.folder)) == (stefan, "X-ray", "xray", "2026")
    opened = desk.get(reverse("admin:patients_document_file", args=(document.pk,)))
    assert b"".join(opened.streaming_content) == PDF
    assert opened.headers["Content-Disposition"].startswith("attachment")
    away = reverse("admin:patients_document_put-away", args=(document.pk,))
    assert desk.get(away).status_code == 200
    desk.post(away, {"apply": "1"})
    assert Document.objects.get().archived_at is not None
    assert desk.get(reverse("admin:patients_document_file", args=(document.pk,))).status_code == 404


@pytest.mark.parametrize(
    ("typed", "served"),
    [
        ("letter.hta", "letter.hta.txt"),
        ("letter.html", "letter.html.txt"),
        ("../../etc/passwd", "passwd.txt"),
        ("a\u202etxt.exe", "atxt.exe.txt"),
        ("notes.txt", "notes.txt"),
        ("Notes", "Notes.txt"),
    ],
)
def test_a_document_is_served_as_what_it_is_whatever_it_is_called(desk, stefan, media, typed, served):
    address = reverse("admin:patients_patient_add-document", args=(stefan.pk,))
    upload = SimpleUploadedFile("letter.hta", b"run me")
    desk.post(address, {"apply": "1", "file": upload, "name": typed, "type": "other"})
    document = Document.objects.get()
    opened = desk.get(reverse("admin:patients_document_file", args=(document.pk,)))
    assert b"".join(opened.streaming_content) == b"run me"
    assert opened.headers["Content-Type"] == "text/plain"
    assert opened.headers["Content-Disposition"] == f'attachment; filename="{served}"'
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert opened.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_document_that_the_storage_has_lost_is_a_404(desk, stefan, media):
    document = DocumentFactory(patient=stefan)
    document.file.storage.delete(document.file.name)
    assert desk.get(reverse("admin:patients_document_file", args=(document.pk,))).status_code == 404


def test_a_file_of_a_kind_that_is_not_allowed_is_refused(desk, stefan, media):
    address = reverse("admin:patients_patient_add-document", args=(stefan.pk,))
    before = stored()
    upload = SimpleUploadedFile("page.html", b"<html><script>1</script></html>")
    response = desk.post(address, {"apply": "1", "file": upload, "type": "other"})
    assert response.status_code == 200
    (text,) = response.context["form"].errors["file"]
    assert text.startswith("Is of a kind that is not allowed")
    assert stored() == before
    assert list(media.rglob("*.*")) == []


def test_a_document_of_another_organization_is_missing(desk, practice, foreign_practice):
    document = DocumentFactory(patient=PatientFactory(organization=foreign_practice.organization))
    assert desk.get(reverse("admin:patients_document_file", args=(document.pk,))).status_code == 404


# ----------------------------------------------------------------------------------------------- access


def access_rows(*lines, initial=0):
    data = {"access-TOTAL_FORMS": str(len(lines)), "access-INITIAL_FORMS": str(initial)}
    for number, line in enumerate(lines):
        data |= {f"access-{number}-{name}": value for name, value in line.items()}
    return data


@pytest.mark.parametrize("named", ["mother", "Mother@example.org"])
def test_access_is_given_to_a_user_named_as_people_know_them(desk, stefan, named):
    mother = UserFactory(username="mother", email="mother@example.org")
    data = form_of(desk.get(change(stefan))) | access_rows({"user": named, "relation": "parent"})
    assert desk.post(change(stefan), data).status_code == 302
    row = PatientAccess.objects.get()
    assert (row.user, row.patient, row.relation) == (mother, stefan, "parent")


def test_access_for_nobody_is_refused_at_its_row(desk, stefan):
    before = stored()
    data = form_of(desk.get(change(stefan))) | access_rows({"user": "nobody", "relation": "parent"})
    response = desk.post(change(stefan), data)
    formset = formset_of(response, "access")
    assert [dict(form.errors) for form in formset.forms] == [{"user": ["There is no such user."]}]
    assert stored() == before


def test_access_is_changed_and_taken_away(desk, stefan):
    kept = PatientAccessFactory(patient=stefan, user__username="kept")
    gone = PatientAccessFactory(patient=stefan, user__username="gone")
    lines = access_rows(
        {"id": kept.pk, "patient": stefan.pk, "relation": "guardian"},
        {"id": gone.pk, "patient": stefan.pk, "relation": "self", "DELETE": "on"},
        initial=2,
    )
    assert desk.post(change(stefan), form_of(desk.get(change(stefan))) | lines).status_code == 302
    assert list(PatientAccess.objects.values_list("user__username", "relation")) == [("kept", "guardian")]
