"""The world of the permission matrix: who there is, what there is, and the rules of who sees what, told again.

The rules stand here a second time, on purpose, in the words of the design and without its code: the matrix compares
the two. Places are labels: practices P1 and P2 belong to organization A, P3 to organization B.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

from core.permissions import CLINIC_ADMIN, FRONT_DESK, PATIENT, SPECIALIST, VISITOR, rule_for
from scheduling.models import AvailableSlot
from tests.factories import (
    AT,
    ApiKeyFactory,
    AppointmentFactory,
    EnrollmentFactory,
    FormTemplateFactory,
    MembershipFactory,
    PatientAccessFactory,
    PatientFactory,
    PracticeFactory,
    ProductFactory,
    ProductOrderFactory,
    ServiceAttachmentFactory,
    ServiceFactory,
    ServiceFormFactory,
    ServicePlanFactory,
    ServicePlanProductFactory,
    ServiceSpecialistFactory,
    SpecialistFactory,
    SpecialtyFactory,
    UserFactory,
)
from tests.reads import mark

MISSING_UUID = UUID("00000000-0000-4000-8000-000000000000")
MISSING_ID = 999_999
ORGANIZATION_OF = {"P1": "A", "P2": "A", "P3": "B"}

CATALOGUE = ("A_hidden", "A_public", "B_hidden", "B_public", "missing")
RECORDS = ("own", "other", "P2", "P3", "missing")
PRACTICE_OF = {"own": "P1", "other": "P1", "P2": "P2", "P3": "P3"}


@dataclass(frozen=True)
class Case:
    """An operation on one thing: `send(caller, world, label, like)`; `sees(who, label)` says who finds it.

    `like` is whose parts the path and the body name besides, so that only the thing's id is mutated. `place(label)` is
    where a write must be allowed; without it whoever finds the thing may.
    """

    labels: tuple[str, ...]
    send: Callable
    sees: Callable
    place: Callable | None = None


@dataclass(frozen=True)
class Listing:
    """A list: its path and key, which of the world's things it shows by which attribute, and who sees each."""

    path: str
    key: str
    things: str
    sees: Callable
    attribute: str = "pk"


@dataclass(frozen=True)
class Who:
    """Someone who calls: roles by practice, whether they act for the own patient, what their key is narrowed to."""

    name: str
    roles: dict[str, str] = field(default_factory=dict)
    acts: str = ""
    everything: bool = False
    only_practice: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def is_visitor(self):
        return not (self.roles or self.acts or self.everything)

    @property
    def open_roles(self):
        """The roles that the credential leaves."""
        return {place: role for place, role in self.roles.items() if self.only_practice in ("", place)}

    def may_at_all(self, verb):
        """Whether there is any place at which they may."""
        rule = rule_for(verb)
        if self.scopes and rule.scope not in self.scopes:
            return False
        if self.everything or VISITOR in rule.roles:
            return True
        return bool(rule.roles & set(self.open_roles.values())) or (PATIENT in rule.roles and bool(self.acts))

    def may_in(self, verb, place):
        """Whether they may in a practice, or in an organization by a role in one of its practices."""
        roles = rule_for(verb).roles
        if self.everything or VISITOR in roles:
            return True
        held = [role for one, role in self.open_roles.items() if place in (one, ORGANIZATION_OF[one])]
        return bool(roles & set(held))

    def sees_catalogue(self, label):
        """Staff see all of their organizations, others what is public where they belong (a visitor: the first one)."""
        organization, _, state = label.partition("_")
        if label == "missing":
            return False
        if self.everything or organization in {ORGANIZATION_OF[place] for place in self.open_roles}:
            return True
        belongs = {"A"} if self.acts or self.is_visitor else set()
        return state == "public" and organization in belongs

    def sees_record(self, label):
        """Desk and admins: their practice's; a specialist: who they treat there; a patient: their own."""
        if label == "missing":
            return False
        if self.everything or (label == "own" and self.acts):
            return True
        role = self.open_roles.get(PRACTICE_OF[label])
        return role in (CLINIC_ADMIN, FRONT_DESK) or (role == SPECIALIST and label == "own")

    def sees_patient(self, label):
        """Desk and admins see the patients of the whole organization."""
        if label == "missing":
            return False
        organization = ORGANIZATION_OF[PRACTICE_OF[label]]
        desks = {ORGANIZATION_OF[p] for p, role in self.open_roles.items() if role in (CLINIC_ADMIN, FRONT_DESK)}
        return self.sees_record(label) or organization in desks


PEOPLE = (
    Who("superuser", everything=True),
    Who("clinic_admin", {"P1": CLINIC_ADMIN}),
    Who("front_desk", {"P1": FRONT_DESK}),
    Who("specialist", {"P1": SPECIALIST}),
    Who("patient", acts="self"),
    Who("parent", acts="parent"),
    Who("visitor"),
    Who("key for one practice", {"P1": CLINIC_ADMIN, "P3": CLINIC_ADMIN}, only_practice="P1"),
    Who("key for one scope", {"P1": CLINIC_ADMIN}, scopes=("catalog:read",)),
    Who("key for orders", {"P1": FRONT_DESK}, scopes=("orders:read", "orders:write")),
    Who("colleague", {"P2": CLINIC_ADMIN}),
    Who("foreigner", {"P3": CLINIC_ADMIN}),
    # Allowed somewhere, but not here: whom only the verb's own `require` stops.
    Who("two hats", {"P1": SPECIALIST, "P3": CLINIC_ADMIN}),
    Who("patient who works elsewhere", {"P3": CLINIC_ADMIN}, acts="self"),
)


def build():
    """Everything there is, each kind by its labels, and a key for each of PEOPLE."""
    world = SimpleNamespace(practices={}, users={}, keys={}, services={}, products={}, plans={}, parts={})
    world.practices["P1"] = PracticeFactory(name="P1")
    world.practices["P2"] = PracticeFactory(name="P2", organization=world.practices["P1"].organization)
    world.practices["P3"] = PracticeFactory(name="P3")
    world.organizations = {"A": world.practices["P1"].organization, "B": world.practices["P3"].organization}
    for label in CATALOGUE[:-1]:
        _fill_catalogue(world, label)
    _fill_records(world)
    for who in PEOPLE:
        if not who.is_visitor:
            _arrive(world, who)
    return world


def _fill_catalogue(world, label):
    organization, public = world.organizations[label[0]], label.endswith("public")
    service = world.services[label] = ServiceFactory(organization=organization, published=True, is_public=public)
    free = {
        "specialty": SpecialtyFactory(organization=organization),
        "specialist": SpecialistFactory(organization=organization),
        "form": FormTemplateFactory(organization=organization),
        "product": ProductFactory(organization=organization),
    }
    world.products[label] = ProductFactory(organization=organization, is_active=public)
    world.plans[label] = ServicePlanFactory(organization=organization, is_published=public)
    world.parts[label] = SimpleNamespace(
        **free,
        offer=ServiceSpecialistFactory(service=service),
        attached=ServiceFormFactory(service=service),
        attachment=ServiceAttachmentFactory(service=service, file_name="a.pdf"),
        bundled=ServicePlanProductFactory(service_plan=world.plans[label]),
    )


def _fill_records(world):
    world.patients, world.programs, world.orders = {}, {}, {}
    for label, place in PRACTICE_OF.items():
        practice = world.practices[place]
        patient = world.patients[label] = mark(PatientFactory(organization=practice.organization))
        world.programs[label] = EnrollmentFactory(practice=practice, patient=patient)
        world.orders[label] = ProductOrderFactory(practice=practice, patient=patient)


def _arrive(world, who):
    user = world.users[who.name] = UserFactory(username=who.name.replace(" ", "-"), superuser=who.everything)
    for place, role in who.roles.items():
        practice = world.practices[place]
        MembershipFactory(user=user, practice=practice, role=role)
        if role == SPECIALIST:
            specialist = SpecialistFactory(organization=practice.organization, user=user, works_at=[practice])
            AppointmentFactory(practice=practice, specialist=specialist, patient=world.patients["own"])
    if who.acts:
        PatientAccessFactory(user=user, patient=world.patients["own"], relation=who.acts)
    text = world.keys[who.name] = f"ck_{user.username}"
    narrowed = world.practices[who.only_practice] if who.only_practice else None
    ApiKeyFactory(user=user, text=text, practice=narrowed, scopes=list(who.scopes))


def of(things, label, attribute="pk"):
    """The id of what is labelled, or one that names nothing."""
    if label not in things:
        return MISSING_UUID if attribute == "uuid" else MISSING_ID
    return getattr(things[label], attribute)


def of_part(world, label, part, attribute="pk"):
    """The id of what comes with the labelled thing of the catalogue."""
    return of({one: getattr(parts, part) for one, parts in world.parts.items()}, label, attribute)


def as_they_are(who):
    """Whom a door lets in that is open to everyone."""
    return who


def at_work(who):
    """Whom a door lets in that is open to staff alone."""
    return replace(who, acts="")


def fill_calendar(world):
    """Doctors and slots of each practice and visits of each patient, some weeks ahead, for a service of their own."""
    now = AT
    world.doctors, world.slots, world.visits, world.free = {}, {}, {}, {}
    world.online = {
        one: ServiceFactory(organization=organization, published=True, is_public=True)
        for one, organization in world.organizations.items()
    }
    for number, place in enumerate(ORGANIZATION_OF):
        practice = world.practices[place]
        doctor = world.doctors[place] = SpecialistFactory(organization=practice.organization, works_at=[practice])
        ServiceSpecialistFactory(service=world.online[ORGANIZATION_OF[place]], specialist=doctor)
        for days, slots in ((20, world.slots), (30, world.free)):
            starts = now + timedelta(days=days + number)
            slots[place] = AvailableSlot.objects.create(
                practice=practice, specialist=doctor, starts_at=starts, ends_at=starts + timedelta(hours=1)
            )
    for number, (label, patient) in enumerate(world.patients.items()):
        place = PRACTICE_OF[label]
        starts = now + timedelta(days=40 + number)
        world.visits[label] = AppointmentFactory(
            practice=world.practices[place],
            patient=patient,
            specialist=world.doctors[place],
            starts_at=starts,
            ends_at=starts + timedelta(minutes=30),
            service=world.online[ORGANIZATION_OF[place]],
        )
    world.when = now + timedelta(days=60)
