"""Organizations, practices, people, rooms and keys."""

import factory
from django.contrib.auth.hashers import make_password
from factory.django import Password

from core.origin import network_of
from directory.models import (
    ApiKey,
    AppIntegration,
    Application,
    Authorization,
    Color,
    Membership,
    Organization,
    Practice,
    Resource,
    Room,
    SignIn,
    Specialist,
    SpecialistPractice,
    Specialty,
    UIElement,
    User,
)
from tests.factories.base import AT, DAY, RowFactory


class UserFactory(RowFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        superuser = factory.Trait(is_staff=True, is_superuser=True)
        staff = factory.Trait(is_staff=True)
        inactive = factory.Trait(is_active=False)

    username = factory.Sequence(lambda n: f"user{n}")
    password = Password("demo")
    date_joined = AT


class OrganizationFactory(RowFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")


class PracticeFactory(RowFactory):
    class Meta:
        model = Practice

    class Params:
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Practice {n}")
    country_code = "RO"
    time_zone = "Europe/Bucharest"
    currency = "RON"


class MembershipFactory(RowFactory):
    class Meta:
        model = Membership

    class Params:
        admin = factory.Trait(role="clinic_admin")
        specialist = factory.Trait(role="specialist")

    user = factory.SubFactory(UserFactory, staff=True)
    practice = factory.SubFactory(PracticeFactory)
    role = "front_desk"


class ResourceFactory(RowFactory):
    class Meta:
        model = Resource

    kind = "person"


class SpecialtyFactory(RowFactory):
    class Meta:
        model = Specialty

    class Params:
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Specialty {n}")


class AppIntegrationFactory(RowFactory):
    class Meta:
        model = AppIntegration

    practice = factory.SubFactory(PracticeFactory)
    app = factory.Sequence(lambda n: f"key:{n}")
    status = "success"


class UIElementFactory(RowFactory):
    class Meta:
        model = UIElement

    practice = factory.SubFactory(PracticeFactory)
    organization = factory.LazyAttribute(lambda element: element.practice.organization)
    app = "key:1"
    name = factory.Sequence(lambda n: f"panel-{n}")
    items = [{"title": "Calls", "value": "3"}]


class ColorFactory(RowFactory):
    class Meta:
        model = Color

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Color {n}")
    background_color = "336699"
    text_color = "ffffff"


class SpecialistFactory(RowFactory):
    """`works_at=[practice, ...]` says where; nothing said, nowhere."""

    class Meta:
        model = Specialist
        skip_postgeneration_save = True

    class Params:
        archived = factory.Trait(archived_at=AT)

    organization = factory.SubFactory(OrganizationFactory)
    resource = factory.SubFactory(ResourceFactory, kind="person")
    first_name = "Ioana"
    last_name = factory.Sequence(lambda n: f"Popescu {n}")
    title = "Dr."

    @factory.post_generation
    def works_at(self, create, extracted, **kwargs):
        for practice in extracted or ():
            SpecialistPractice.objects.create(specialist=self, practice=practice)


class RoomFactory(RowFactory):
    class Meta:
        model = Room

    class Params:
        archived = factory.Trait(archived_at=AT)

    practice = factory.SubFactory(PracticeFactory)
    resource = factory.SubFactory(ResourceFactory, kind="room")
    name = factory.Sequence(lambda n: f"Room {n}")


class ApiKeyFactory(RowFactory):
    """`text="..."` is the key as its owner types it; by default numbered."""

    class Meta:
        model = ApiKey

    class Params:
        text = factory.Sequence(lambda n: f"ck_test-key-{n:032}")
        revoked = factory.Trait(revoked_at=AT)
        expired = factory.Trait(expires_at=AT - DAY)

    user = factory.SubFactory(UserFactory)
    prefix = factory.LazyAttribute(lambda key: key.text[: ApiKey.PREFIX_LENGTH])
    key_hash = factory.LazyAttribute(lambda key: ApiKey.hashed(key.text))


class ApplicationFactory(RowFactory):
    """A program for people who let it act for them; `secret="..."` is its secret as it sends it."""

    class Meta:
        model = Application

    class Params:
        secret = "cs_test-secret"
        own = factory.Trait(authorization_grant_type="client-credentials", redirect_uris="")
        closed = factory.Trait(closed_at=AT)

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Program {n}")
    client_id = factory.Sequence(lambda n: f"program-{n}")
    client_secret = factory.LazyAttribute(lambda one: make_password(one.secret, hasher="random_secret"))
    client_type = "confidential"
    authorization_grant_type = "authorization-code"
    redirect_uris = "https://program.example/callback"


class AuthorizationFactory(RowFactory):
    class Meta:
        model = Authorization

    class Params:
        revoked = factory.Trait(revoked_at=AT)

    application = factory.SubFactory(ApplicationFactory)
    user = factory.SubFactory(UserFactory)
    scopes = ["customers:read"]


class SignInFactory(RowFactory):
    """The right password, from a documentation address."""

    class Meta:
        model = SignIn

    at = AT
    account = "ana"
    address = "192.0.2.1"
    network = factory.LazyAttribute(lambda one: network_of(one.address))
    outcome = "right"
