"""The desk merges two records of one person: found, compared, chosen, confirmed; and what it is told instead."""

import pytest
from django.urls import reverse

from patients.models import Patient
from scheduling.models import Appointment
from tests.backoffice.conftest import form_of, said, stored
from tests.factories import AppointmentFactory, PatientAccessFactory, PatientFactory, PracticeFactory

LIST = reverse("admin:patients_patient_changelist")
ADD = reverse("admin:patients_patient_add")


def page(row, name="page"):
    return reverse(f"admin:patients_patient_{name}", args=(row.pk,))


@pytest.fixture
def kept(practice):
    return PatientFactory(
        organization=practice.organization,
        first_name="Ana",
        last_name="Popa",
        email="ana@example.org",
        notes="Mornings",
    )


@pytest.fixture
def gone(practice):
    return PatientFactory(
        organization=practice.organization, first_name="Ana", last_name="Popa", email="popa@example.org", notes="By bus"
    )


def test_from_the_patients_page_it_is_two_clicks_to_both_records_side_by_side(desk, kept, gone, practice):
    AppointmentFactory(practice=practice, patient=gone)
    step = next(one for one in desk.get(page(kept)).context["buttons"] if one.step.name == "merge")
    assert str(step.label) == "Merge with another record …"
    compare = f"{page(kept, 'merge')}?other={gone.pk}"
    assert compare in desk.get(step.url).content.decode()
    before = stored()
    answer = desk.get(compare)
    assert dict(answer.context["moves"].facts)["Appointments"] == "1"
    emails = next(one for one in answer.context["fields"] if one.name == "email")
    assert (emails.kept, emails.gone, emails.choices) == ("ana@example.org", "popa@example.org", ("kept", "gone"))
    assert f"{page(gone, 'merge')}?other={kept.pk}" in answer.content.decode()
    assert stored() == before


def test_what_was_chosen_and_confirmed_is_merged_and_every_link_leads_to_the_kept_record(desk, kept, gone, practice):
    visit = AppointmentFactory(practice=practice, patient=gone)
    form = {"other": gone.pk, "choice.email": "gone", "choice.notes": "both"}
    before = stored()
    unconfirmed = desk.post(page(kept, "merge"), form)
    assert unconfirmed.context["problems"] == ["Confirm first that both records are of the same person."]
    assert next(one for one in unconfirmed.context["fields"] if one.name == "email").chosen == "gone"
    assert stored() == before
    answer = desk.post(page(kept, "merge"), form | {"same": "on"})
    assert (answer.status_code, answer.headers["Location"]) == (302, page(kept))
    assert said(answer)[-1] == ("success", f"The record of Ana Popa ({gone.pk}) was merged into Ana Popa.")
    kept.refresh_from_db()
    assert (kept.email, kept.notes) == ("popa@example.org", "Mornings\nBy bus")
    assert Appointment.objects.get(pk=visit.pk).patient == kept
    for name in ("page", "change"):
        led = desk.get(page(gone, name))
        assert (led.status_code, led.headers["Location"]) == (302, page(kept))
    shown = desk.get(page(kept))
    assert page(gone, "history") in [address for _label, address in shown.context["links"]]
    assert desk.get(page(gone, "history")).status_code == 200
    for asked in ("", "?put_away=yes", "?put_away=all"):
        assert gone not in desk.get(f"{LIST}{asked}").context["cl"].queryset


def test_why_two_records_cannot_be_merged_is_said_before_anything_is_asked(desk, kept, gone):
    own = [PatientAccessFactory(patient=one) for one in (kept, gone)]
    answer = desk.get(f"{page(kept, 'merge')}?other={gone.pk}")
    (problem,) = answer.context["problems"]
    assert str(own[0].user) in problem
    assert "Merge the records" not in answer.content.decode()
    before = stored()
    assert desk.post(page(kept, "merge"), {"other": gone.pk, "same": "on"}).context["problems"] == [problem]
    assert stored() == before


def test_another_organizations_record_looks_missing_and_so_does_one_that_is_none(desk, kept):
    stranger = PatientFactory(organization=PracticeFactory().organization)
    before = stored()
    told = set()
    for other in (stranger.pk, 987654, "x", "9" * 30):
        for answer in (
            desk.get(page(kept, "merge"), {"other": other}),
            desk.post(page(kept, "merge"), {"other": other, "same": "on"}),
        ):
            told.add(tuple(answer.context["problems"]))
            assert stranger.name not in answer.content.decode()
    assert len(told) == 1
    assert desk.get(page(stranger, "merge"), {"other": kept.pk}).status_code == 302
    same = desk.get(page(kept, "merge"), {"other": kept.pk})
    assert same.context["problems"] == ["The other record: is the same record"]
    assert stored() == before


def test_a_merged_or_archived_record_offers_no_merge(desk, kept, gone, at):
    Patient.objects.filter(pk=gone.pk).update(archived_at=at)
    assert "merge" not in {one.step.name for one in desk.get(page(gone)).context["buttons"]}
    (problem,) = desk.post(page(gone, "merge"), {"other": kept.pk, "same": "on"}).context["problems"]
    assert "has been archived" in problem
    assert Patient.objects.get(pk=gone.pk).merged_into is None


def test_the_warning_of_a_similar_patient_leads_to_the_merge_of_those_there_are(desk, kept, gone):
    form = desk.get(ADD)
    typed = form_of(form) | {"first_name": "Ana", "last_name": "Popa"}
    warned = desk.post(ADD, typed)
    assert f"{page(kept, 'merge')}?other={gone.pk}" in warned.content.decode()
