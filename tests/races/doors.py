"""The doors through which people book, each as its clients use it over HTTP: what is free, and booking one of it.

A door is one caller with a credential and a connection of its own; none of them looks into the database.
"""

import base64
import html
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from directory.models import Practice
from tests.factories import (
    ApiKeyFactory,
    AppointmentFactory,
    ColorFactory,
    MembershipFactory,
    PatientAccessFactory,
    UserFactory,
)
from tests.races.server import Reply, Server

REFUSALS = {
    "taken": r"The slot [^\"<]+? is taken\.",
    "overlap": r"The time is taken: ([^\"<]+)",
    "no session": r"The program has no session left\.",
}


@dataclass(frozen=True)
class Spot:
    """What a client knows of a free time: when and with whom; the slot's id only where its door tells it."""

    specialist_id: int
    starts_at: datetime
    pk: int | None = None


def key(user):
    text = f"ck_{secrets.token_hex(16)}"
    ApiKeyFactory(user=user, text=text)
    return text


def moment(text):
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass
class Door:
    """A way in for one caller, into one practice."""

    server: Server
    practice: Practice

    def __post_init__(self):
        self.call = self.sign_in()

    def read(self, path, **parameters):
        reply = self.call("GET", f"{path}?{urlencode(parameters)}")
        assert reply.status == 200, reply.text
        return reply.json()

    def made(self, reply) -> int:
        """The id of the appointment that a booking was answered with."""
        return reply.json()["id"]


@dataclass
class Portal(Door):
    """A patient with a key, who chooses among the slots of a service and books for themselves."""

    patient: object

    def sign_in(self):
        user = UserFactory()
        PatientAccessFactory(user=user, patient=self.patient)
        return self.server.caller(Authorization=f"Bearer {key(user)}")

    def free(self, service):
        rows = self.read(f"/v1/services/{service.uuid}/slots", page_size=200)["slots"]
        return [Spot(row["specialist"]["id"], moment(row["starts_at"]), row["id"]) for row in rows]

    def book(self, spot, service, patient, enrollment=None) -> Reply:
        assert patient == self.patient
        wish = {"slot_id": spot.pk, "service_id": str(service.uuid), "policy_accepted": True}
        if enrollment is not None:
            wish["patient_service_plan_id"] = enrollment.pk
        return self.call("POST", "/v1/appointments/book", wish)


class Availability(Door):
    """A clinic admin's program that lists the free slots and books patients into them."""

    def sign_in(self):
        user = MembershipFactory(practice=self.practice, admin=True).user
        return self.server.caller(**{"X-User-Token": key(user)})

    def free(self, service):
        path = "/v1/admin/clinic/availability/available_slots"
        rows = self.read(path, available="true", page_size=200)["available_slots"]
        fit = [row for row in rows if row["appointment_type"] in ("", service.code)]
        return [Spot(row["provider_id"], moment(row["start_time"]), row["id"]) for row in fit]

    def book(self, spot, service, patient, enrollment=None) -> Reply:
        wish = {"available_slot_id": spot.pk, "patient_id": patient.pk, "appointment_type": service.code}
        return self.call("POST", "/v1/admin/clinic/availability/books", {"book": wish})


@dataclass
class Flextell(Door):
    """A vendor's client that knows no slots: it knows the hours of each service, and what stands in the calendar."""

    hours: dict

    def sign_in(self):
        user = MembershipFactory(practice=self.practice).user
        return self.server.caller(Authorization=f"Bearer {key(user)}", **{"X-Tenant": str(self.practice.pk)})

    def free(self, service):
        spots = self.hours[service.pk]
        days = sorted(spot.starts_at.date() for spot in spots)
        # The day's name alone would be read on the practice's clock; a day more on either side does no harm.
        bounds = {"from": days[0] - timedelta(days=1), "to": days[-1] + timedelta(days=1)}
        rows = self.read("/api/v1/appointments/calendar", **bounds)["data"]
        taken = {(row["doctor"]["id"], moment(row["scheduled_at"])) for row in rows}
        return [spot for spot in spots if (spot.specialist_id, spot.starts_at) not in taken]

    def book(self, spot, service, patient, enrollment=None) -> Reply:
        wish = {
            "customer_id": patient.pk,
            "user_id": spot.specialist_id,
            "scheduled_at": spot.starts_at.isoformat(),
            "status": "approved",
            "treatments": [service.pk],
        }
        return self.call("POST", "/api/v1/appointments", wish)

    def made(self, reply):
        return reply.json()["data"]["id"]


class Cliniko(Door):
    """A vendor's client that books whatever it wishes: time that is taken becomes an overbooking."""

    def sign_in(self):
        user = MembershipFactory(practice=self.practice).user
        token = base64.b64encode(f"{key(user)}:".encode()).decode()
        return self.server.caller(Authorization=f"Basic {token}")

    def free(self, service):
        """The starts that are told for the next week, practitioner by practitioner."""
        today, spots = datetime.now(self.practice.zone).date(), []
        bounds = {"from": today.isoformat(), "to": (today + timedelta(days=7)).isoformat(), "per_page": 100}
        for person in self.read(f"/cliniko/v1/businesses/{self.practice.pk}/practitioners")["practitioners"]:
            path = f"/cliniko/v1/businesses/{self.practice.pk}/practitioners/{person['id']}"
            rows = self.read(f"{path}/appointment_types/{service.pk}/available_times", **bounds)["available_times"]
            spots += [Spot(int(person["id"]), moment(row["appointment_start"])) for row in rows]
        return spots

    def book(self, spot, service, patient, enrollment=None) -> Reply:
        wish = {
            "appointment_type_id": str(service.pk),
            "business_id": str(self.practice.pk),
            "patient_id": str(patient.pk),
            "practitioner_id": str(spot.specialist_id),
            "starts_at": spot.starts_at.isoformat(),
        }
        return self.call("POST", "/v1/individual_appointments", wish)

    def made(self, reply):
        return int(reply.json()["id"])

    def clashes(self, pk):
        """Whether an appointment's conflicts say that something else takes its time."""
        return self.read(f"/v1/individual_appointments/{pk}/conflicts")["conflicts"]["exist"]


class Alfadocs(Door):
    """A vendor's client that looks for free slots by minutes, and books a date, a color and an operator."""

    def sign_in(self):
        user = MembershipFactory(practice=self.practice).user
        self.color = ColorFactory(organization=self.practice.organization)
        self.path = f"/api/v1/practices/{self.practice.pk}/archives/{self.practice.organization_id}"
        return self.server.caller(**{"X-Api-Key": key(user)})

    def free(self, service):
        first = f"{datetime.now(self.practice.zone):%Y-%m-%d}"
        rows = self.read(f"{self.path}/free-slots", startDate=first, duration=service.duration_minutes)["data"]
        return [Spot(row["operatorId"], self.moment(f"{row['date']} {row['time']}")) for row in rows]

    def moment(self, text):
        """What its dates mean: they are those of the practice's clock."""
        return datetime.fromisoformat(text).replace(tzinfo=self.practice.zone).astimezone(UTC)

    def book(self, spot, service, patient, enrollment=None) -> Reply:
        wish = {
            "date": f"{spot.starts_at.astimezone(self.practice.zone):%Y-%m-%d %H:%M:%S}",
            "colorId": self.color.pk,
            "patientId": patient.pk,
            "operatorId": spot.specialist_id,
            "duration": service.duration_minutes,
        }
        return self.call("POST", f"{self.path}/appointments", wish)

    def made(self, reply):
        return reply.json()["data"]["id"]


class Desk(Door):
    """The front desk in a browser, at the page that books: it looks for free times, and clicks one."""

    page = "scheduling_appointment_add"

    def sign_in(self):
        browser = Client()
        browser.force_login(MembershipFactory(practice=self.practice).user)
        self.token = secrets.token_hex(16)
        cookies = {"sessionid": browser.cookies["sessionid"].value, "csrftoken": self.token}
        return self.server.caller(Cookie="; ".join(f"{name}={value}" for name, value in cookies.items()))

    def post(self, page, *args, **form) -> Reply:
        """Send a form; the value of a field with several is a list."""
        pairs = [("csrfmiddlewaretoken", self.token)]
        for name, value in form.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        return self.call("POST", reverse(f"admin:{page}", args=args), form=pairs)

    def free(self, service, patient=None, after=None):
        """The next few from `after` on (a day and a time by the practice's clock), as the page's buttons say them."""
        asked = {"patient": patient.pk, "service": service.pk, "starts_at": after or "", "look": "1"}
        reply = self.post(self.page, practice=self.practice.pk, **asked)
        assert reply.status == 200, reply.text
        values = (html.unescape(value) for value in re.findall(r'name="pick" value="([^"]+)"', reply.text))
        pairs = [value.split("|") for value in values]
        # A page without times says so: that nothing is free is never read out of a form that was refused.
        assert pairs or "No free time was found" in reply.text, reply.text
        return [Spot(int(person), moment(when)) for when, person in pairs]

    def book(self, spot, service, patient, enrollment=None) -> Reply:
        return self.post(
            self.page,
            practice=self.practice.pk,
            patient=patient.pk,
            service=service.pk,
            enrollment=enrollment.pk if enrollment else "",
            pick=f"{spot.starts_at.isoformat()}|{spot.specialist_id}",
        )

    def made(self, reply):
        return int(reply.headers["Location"].split("/")[-3])


@dataclass
class Registrations(Desk):
    """The front desk in a browser, which gives waiting registrations their time."""

    service: object
    count: int

    def __post_init__(self):
        super().__post_init__()
        wish = {"practice": self.practice, "registration": True, "service": self.service, "contact_email": ""}
        self.waiting = [AppointmentFactory(**wish) for _one in range(self.count)]

    def book(self, spot, service, patient, enrollment=None) -> Reply:
        reply = self.post(
            "registration",
            self.waiting[-1].pk,
            who="other",
            other=patient.pk,
            specialist=spot.specialist_id,
            starts_at=f"{spot.starts_at.astimezone(self.practice.zone):%Y-%m-%dT%H:%M}",
        )
        if reply.status == 302:
            self.waiting.pop()
        return reply


def outcome(reply: Reply) -> str:
    """booked, taken, overlap, no session, or what else it was."""
    if reply.status in (201, 302) or reply.text.startswith('{"status":"success"'):
        return "booked"
    # A contract answers 409; a form is shown again with its refusal.
    if reply.status in (409, 200):
        for word, pattern in REFUSALS.items():
            if re.search(pattern, html.unescape(reply.text)):
                return word
    return f"{reply.status} {reply.text[-300:]}"


def clashes(reply: Reply) -> list[str]:
    """What a refusal says the time is taken by, each in its sentence."""
    found = re.search(REFUSALS["overlap"], html.unescape(reply.text))
    return found[1].strip().split("; ") if found else []
