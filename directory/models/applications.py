"""OAuth2: applications, people's authorizations of them, and the codes and tokens that applications get.

The library's own models, with what makes them ours: an authorization that outlives its tokens and can be taken back,
and the practice that it is narrowed to.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from core.constraints import known
from core.models import ClinicModel
from directory.models.people import User
from directory.models.places import Practice
from directory.querysets import AccessTokenQuerySet, ApplicationQuerySet, AuthorizationQuerySet
from directory.states import ClientType, Flow


class Application(ClinicModel, AbstractApplication):
    """A program to which people give access to their account, or which acts as its owner.

    It is narrowed to `practice` and to `scopes` (empty: whatever it asks for). The secret is shown once and kept as
    a digest; a public application, whose secret could not be kept, has none that counts.
    """

    SEEN_EVERY = timedelta(minutes=5)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner"))
    practice = models.ForeignKey(
        Practice, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for practice")
    )
    name = models.CharField(_("name"), max_length=100)
    client_type = models.CharField(
        _("kind"),
        max_length=32,
        choices=ClientType,
        default=ClientType.CONFIDENTIAL,
        help_text=_("A program that runs on people's own devices cannot keep a secret."),
    )
    authorization_grant_type = models.CharField(
        _("acts for"), max_length=44, choices=Flow, default=Flow.AUTHORIZATION_CODE
    )
    redirect_uris = models.TextField(
        _("redirect addresses"),
        blank=True,
        max_length=2000,
        help_text=_("Where people are sent back to, one address a line; https, or http to this very machine."),
    )
    scopes = models.JSONField(_("only for scopes"), default=list, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    last_address = models.GenericIPAddressField(_("last used from"), null=True, blank=True, editable=False)
    # Of ours: created_at and updated_at.
    created = None
    updated = None

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            known("application", "client_type", ClientType),
            known("application", "authorization_grant_type", Flow),
            models.CheckConstraint(
                condition=~models.Q(client_type=ClientType.PUBLIC, authorization_grant_type=Flow.CLIENT_CREDENTIALS),
                name="application_public_acts_for_people",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def close(self, *, at: datetime) -> None:
        """Shut the application out from now on; closing twice keeps the first time."""
        self.closed_at = self.closed_at or at

    def is_usable(self, request: object) -> bool:
        """Whether the library may go on with the application, which is so until it is closed."""
        return self.closed_at is None

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether people may be sent back to `uri`: only to a registered address, compared byte by byte."""
        return uri in self.redirect_uris.split()


class Authorization(ClinicModel):
    """A user's consent that an application acts for them, with `scopes`, and only in `practice` if it names one.

    Its tokens come and go; taken back, none of them works from that moment on.
    """

    SEEN_EVERY = Application.SEEN_EVERY

    application = models.ForeignKey(Application, models.CASCADE, related_name="+", verbose_name=_("application"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    practice = models.ForeignKey(
        Practice, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for practice")
    )
    scopes = models.JSONField(_("scopes"), default=list)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    last_address = models.GenericIPAddressField(_("last used from"), null=True, blank=True, editable=False)

    objects = AuthorizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("authorization")
        verbose_name_plural = _("authorizations")

    def __str__(self) -> str:
        return f"{self.application} – {self.user}"

    def revoke(self, *, at: datetime) -> None:
        """Revoke the authorization from now on; revoking twice keeps the first time."""
        self.revoked_at = self.revoked_at or at


class AuthorizationCode(AbstractGrant):
    """A code that an application exchanges for its first tokens, once and within a minute.

    A spent code is kept until it is cleaned away: whoever sends it again has stolen it, or was robbed of it, and the
    tokens of its `family` end.
    """

    authorization = models.ForeignKey(Authorization, models.CASCADE, related_name="+")
    family = models.UUIDField(default=uuid.uuid4, editable=False)
    spent_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(AbstractGrant.Meta):
        verbose_name = _("authorization code")
        verbose_name_plural = _("authorization codes")


class IdentityToken(AbstractIDToken):
    """An empty table: no program signs people in here, but the library's access tokens refer to one."""

    class Meta(AbstractIDToken.Meta):
        verbose_name = _("identity token")
        verbose_name_plural = _("identity tokens")


class AccessToken(AbstractAccessToken):
    """The token that a program sends with each request, for an hour; only its digest is stored.

    One without an authorization acts as its application's owner.
    """

    authorization = models.ForeignKey(Authorization, models.CASCADE, null=True, blank=True, related_name="+")

    objects = AccessTokenQuerySet.as_manager()

    class Meta(AbstractAccessToken.Meta):
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    @staticmethod
    def hashed(token: str) -> str:
        """Return the digest under which a token is stored."""
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def owner(self) -> User:
        """The user as whom the token acts."""
        owner: User = (self.authorization or self.application).user
        return owner

    @property
    def practice(self) -> Practice | None:
        """The only practice in which the token may act; None for all of its owner's."""
        found: Practice | None = (self.authorization or self.application).practice
        return found

    @property
    def practice_id(self) -> int | None:
        """The id of that practice."""
        return None if self.practice is None else self.practice.pk

    @property
    def carried_as(self) -> str:
        """The credential's name in the history; the tokens that replace it have the same name."""
        if self.authorization_id is None:
            return f"application:{self.application_id}"
        return f"authorization:{self.authorization_id}"

    @property
    def granted(self) -> frozenset[str]:
        """The token's scopes that its application still may have."""
        carried = frozenset(self.scope.split())
        return carried.intersection(self.application.scopes) if self.application.scopes else carried


class RefreshToken(AbstractRefreshToken):
    """A token that an application exchanges for its next access token, once; only its digest is stored."""

    authorization = models.ForeignKey(Authorization, models.CASCADE, related_name="+")

    class Meta(AbstractRefreshToken.Meta):
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
