"""Which rows each role sees, written down once more by hand: what the querysets say is compared with this table.

`here`: those of the practice they work at; `all`: also those of the other practices of its organization; nobody sees
those of another organization. A specialist here treats nobody, and a patient is none of those that the rows are about:
what is their own is tried where it belongs (tests/patients/test_visibility.py, tests/scheduling/test_lists.py).
"""

import pytest

from core.actor import Actor, Kind
from tests.backoffice.rows import ROWS
from tests.factories import PatientFactory, PracticeFactory, SpecialistFactory
from tests.project.test_every_verb import ROW_OF
from tests.stage import actor_with

pytestmark = [pytest.mark.engine_independent, pytest.mark.django_db]

# Rows                          admin desk  spec. pat.  visitor
EXPECTED = """
billing.account                 here  here  here  -     -
billing.bill                    here  here  -     -     -
billing.careplan                here  here  -     -     -
billing.careplandiscardreason   all   all   all   -     -
billing.careplanentry           here  here  -     -     -
billing.company                 all   all   all   -     -
billing.liability               here  here  -     -     -
billing.paymenttype             all   all   all   -     -
billing.pricelist               all   all   all   -     -
billing.transaction             here  here  -     -     -
catalog.brand                   all   all   all   -     -
catalog.formtemplate            all   all   all   -     -
catalog.product                 all   all   all   all   all
catalog.productcategory         all   all   all   -     -
catalog.producttype             all   all   all   -     -
catalog.service                 all   all   all   -     -
catalog.serviceattachment       all   all   all   -     -
catalog.unit                    all   all   all   -     -
core.auditentry                 all   -     -     -     -
core.patientlook                all   -     -     -     -
directory.apikey                here  -     -     -     -
directory.appintegration        here  here  here  -     -
directory.application           here  -     -     -     -
directory.authorization         here  -     -     -     -
directory.color                 all   all   all   -     -
directory.membership            here  -     -     -     -
directory.organization          all   all   all   -     -
directory.practice              here  here  here  -     -
directory.room                  here  here  here  -     -
directory.signin                here  -     -     -     -
directory.specialist            all   all   all   -     -
directory.specialty             all   all   all   -     -
directory.uielement             here  here  here  -     -
directory.user                  here  -     -     -     -
orders.productorder             here  here  -     -     -
patients.customfield            all   all   all   -     -
patients.document               all   all   -     -     -
patients.patient                all   all   -     -     -
patients.patientaccess          all   all   -     -     -
patients.patientalert           all   all   -     -     -
patients.patientcase            all   all   -     -     -
patients.patientsource          all   all   all   -     -
patients.phonenumber            all   all   -     -     -
programs.enrollment             here  here  -     -     -
programs.serviceplan            all   all   all   all   all
scheduling.appointment          here  here  -     -     -
scheduling.availableslot        here  here  -     -     -
scheduling.hold                 here  here  -     -     -
scheduling.holiday              here  here  here  -     -
scheduling.slotbatch            here  here  here  -     -
scheduling.slotseries           here  here  -     -     -
scheduling.timeoff              here  here  -     -     -
scheduling.timeoffseries        here  here  -     -     -
"""
WORDS = {(): "-", (0,): "here", (0, 1): "all"}
# What the back office does not list by itself.
FURTHER = ("access_id", "attachment_id", "case_id", "hold_id", "liability_id", "phone_id")


def actors(here):
    mine = SpecialistFactory(organization=here.organization, works_at=[here])
    patient = PatientFactory(organization=here.organization)
    organizations = frozenset({here.organization_id})
    return (
        actor_with("clinic_admin", here, user_id=10**6),
        actor_with("front_desk", here, user_id=10**6 + 1),
        actor_with("specialist", here, user_id=10**6 + 2, specialist_ids=frozenset({mine.pk})),
        Actor(
            kind=Kind.PATIENT,
            user_id=10**6 + 3,
            patient_ids=frozenset({patient.pk}),
            organization_ids=organizations,
            door="test",
        ),
        Actor(kind=Kind.VISITOR, organization_ids=organizations, door="test"),
    )


def test_each_role_sees_the_rows_that_the_table_says():
    here = PracticeFactory()
    practices = (here, PracticeFactory(organization=here.organization), PracticeFactory())
    roles = actors(here)
    found = {}
    for build in (*ROWS.values(), *(ROW_OF[name] for name in FURTHER)):
        rows = [build(practice) for practice in practices]
        model = type(rows[0])
        seen = [set(model._default_manager.visible_to(role).values_list("pk", flat=True)) for role in roles]
        told = [tuple(n for n, row in enumerate(rows) if row.pk in keys) for keys in seen]
        found[model._meta.label_lower] = [WORDS.get(one, str(one)) for one in told]
    expected = {label: words for label, *words in (line.split() for line in EXPECTED.strip().splitlines())}
    assert found == expected
