"""The verbs of the directory, by topic."""

from directory.services.configuration import configure, delete_configured, set_archived
from directory.services.keys import authenticate_key, issue_api_key, revoke_api_key
from directory.services.people import SpecialistValues, change_specialist, create_specialist, delete_specialist
from directory.services.places import (
    OrganizationValues,
    PracticeValues,
    RoomValues,
    change_organization,
    change_practice,
    change_room,
    create_organization,
    create_practice,
    create_room,
    delete_practice,
    delete_room,
)
from directory.services.scope import (
    country_of,
    currency_of,
    organization_for,
    practice_for,
    practice_of_specialist,
    visitor_organization_ids,
)
from directory.services.users import (
    UserValues,
    change_own_password,
    change_user,
    create_user,
    remove_membership,
    reset_second_factor,
    set_membership,
    set_password_by_link,
)

__all__ = [
    "OrganizationValues",
    "PracticeValues",
    "RoomValues",
    "SpecialistValues",
    "UserValues",
    "authenticate_key",
    "change_organization",
    "change_own_password",
    "change_practice",
    "change_room",
    "change_specialist",
    "change_user",
    "configure",
    "country_of",
    "create_organization",
    "create_practice",
    "create_room",
    "create_specialist",
    "create_user",
    "currency_of",
    "delete_configured",
    "delete_practice",
    "delete_room",
    "delete_specialist",
    "issue_api_key",
    "organization_for",
    "practice_for",
    "practice_of_specialist",
    "remove_membership",
    "reset_second_factor",
    "revoke_api_key",
    "set_archived",
    "set_membership",
    "set_password_by_link",
    "visitor_organization_ids",
]
