"""The steps by which clinic admins manage staff accounts: send a link, reset, close, reopen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from backoffice.kit.links import mail_link
from backoffice.kit.panels import Panel
from backoffice.kit.steps import Step
from core.actor import Actor
from directory.models import ApiKey, User
from directory.services import deactivate_user, reactivate_user, reset_password, reset_second_factor
from directory.states import UserKind

MAY = "directory.manage_staff"


def reset_and_mail(user_id: int, *, by: Actor, at: datetime) -> User:
    """Take the password away, and mail the link: once more as an invitation to whoever has never signed in."""
    user = reset_password(user_id, by=by, at=at)
    mail_link(user, template=f"backoffice/people/{'new_password' if user.last_login else 'invitation'}_mail.txt")
    return user


def told_of_reset(user: User) -> str:
    """To whom the link went, and which keys still open."""
    keys = [str(key) for key in ApiKey.objects.filter(user=user, revoked_at=None).order_by("pk")]
    sent = _t("A link to set a new password was sent to %(email)s; all sessions have ended.") % {"email": user.email}
    if not keys:
        return sent
    still = ngettext("This key still works: %(keys)s.", "These keys still work: %(keys)s.", len(keys))
    return f"{sent} {still % {'keys': ', '.join(keys)}}"


def own_account(user: User, by: Actor, at: datetime) -> list[Panel]:
    """What it means where the account is that of the one who asks."""
    if user.pk != by.user_id:
        return []
    way_back = _t("You are signed out at once, and come back in only by the link that is sent to %(email)s.")
    return [Panel(_t("This is your own account"), empty=way_back % {"email": user.email})]


def own_second_factor(user: User, by: Actor, at: datetime) -> list[Panel]:
    """The same of the second factor."""
    if user.pk != by.user_id:
        return []
    return [
        Panel(
            _t("This is your own account"),
            empty=_t("You are signed out at once, and sign in with your password alone."),
        )
    ]


STEPS = (
    Step(
        name="reset-password",
        label=_("E-mail a link for a new password"),
        verb=MAY,
        call=reset_and_mail,
        done=ngettext_lazy("%(count)d link sent.", "%(count)d links sent.", "count"),
        told=told_of_reset,
        offered=lambda user: user.is_active and user.kind == UserKind.PERSON and bool(user.email),
        confirm=_("Their password stops working and their sessions end. They get a link to set a new one by e-mail."),
        concerns=own_account,
        bulk=False,
        icon="mail",
    ),
    Step(
        name="reset-second-factor",
        label=_("Remove the second factor"),
        verb=MAY,
        call=reset_second_factor,
        done=ngettext_lazy("%(count)d second factor removed.", "%(count)d second factors removed.", "count"),
        offered=lambda user: user.is_active and user.kind == UserKind.PERSON,
        confirm=_(
            "For somebody who lost their phone and their recovery codes."
            " Until they set up a new one, the password alone is enough."
        ),
        concerns=own_second_factor,
        bulk=False,
        variant="danger",
        icon="phonelink_erase",
    ),
    Step(
        name="deactivate",
        label=_("Close the account"),
        verb=MAY,
        call=deactivate_user,
        done=ngettext_lazy("%(count)d account closed.", "%(count)d accounts closed.", "count"),
        offered=lambda user: user.is_active,
        confirm=_("Their sessions end and their keys are revoked at once. What they did stays in the history."),
        variant="danger",
        icon="person_off",
    ),
    Step(
        name="reactivate",
        label=_("Reopen the account"),
        verb=MAY,
        call=reactivate_user,
        done=ngettext_lazy("%(count)d account reopened.", "%(count)d accounts reopened.", "count"),
        offered=lambda user: not user.is_active,
        confirm=_("They sign in as before. Their old keys stay revoked."),
        icon="person_check",
    ),
)


def links_of_list(may_invite: bool) -> list[tuple[Any, str]]:
    """What leads on from the list of users."""
    if not may_invite:
        return []
    return [
        (_t("Invite somebody"), reverse("admin:invite_staff")),
        (_t("Add a service account"), reverse("admin:add_service_account")),
    ]
