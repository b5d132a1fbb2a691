"""Organizations, practices, their members, specialists and rooms, and the credentials that programs use."""

from core.iso import check_country, check_currency, check_time_zone
from directory.models.applications import (
    AccessToken,
    Application,
    Authorization,
    AuthorizationCode,
    IdentityToken,
    RefreshToken,
)
from directory.models.apps import AppIntegration, UIElement
from directory.models.keys import ApiKey
from directory.models.people import Membership, Specialist, SpecialistPractice, Specialty, User
from directory.models.places import (
    Color,
    Organization,
    Practice,
    Resource,
    Room,
    check_hex_color,
)
from directory.models.sign_ins import SignIn

__all__ = [
    "AccessToken",
    "ApiKey",
    "AppIntegration",
    "Application",
    "Authorization",
    "AuthorizationCode",
    "Color",
    "IdentityToken",
    "Membership",
    "Organization",
    "Practice",
    "RefreshToken",
    "Resource",
    "Room",
    "SignIn",
    "Specialist",
    "SpecialistPractice",
    "Specialty",
    "UIElement",
    "User",
    "check_country",
    "check_currency",
    "check_hex_color",
    "check_time_zone",
]
