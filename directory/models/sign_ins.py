"""Sign-in attempts, and other events of signing in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.constraints import known
from directory.querysets import SignInQuerySet
from directory.states import SignInOutcome, SignInStep


class SignIn(models.Model):
    """One sign-in attempt: the limits count it, and a data protection officer can read it afterwards.

    It is written before the password is looked at, as wrong, so that many tries at once are all counted; the right
    one is marked as such. `account` is the name as it was typed, in lower case; `network` is what the limits take for
    one address. `browser` is the random mark of a browser that has signed in to this account before. What is no try,
    such as a new second factor, is noted here too; so is the first use of an API key or of a program's tokens from an
    address, with `credential` as the history calls it.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"))
    step = models.CharField(
        _("what"), max_length=8, choices=SignInStep, default=SignInStep.PASSWORD, db_default=SignInStep.PASSWORD
    )
    account = models.CharField(_("account"), max_length=150)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("user"),
    )
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    network = models.CharField(max_length=43, blank=True, default="", db_default="", editable=False)
    agent = models.CharField(_("browser"), max_length=255, blank=True)
    browser = models.CharField(max_length=32, blank=True)
    credential = models.CharField(_("credential"), max_length=64, blank=True, default="", db_default="")
    outcome = models.CharField(_("outcome"), max_length=8, choices=SignInOutcome, default=SignInOutcome.WRONG)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        constraints = [known("sign_in", "outcome", SignInOutcome), known("sign_in", "step", SignInStep)]
        indexes = [
            models.Index(fields=["account", "at"], name="sign_in_account"),
            models.Index(fields=["address", "at"], name="sign_in_address"),
            models.Index(fields=["network", "at"], name="sign_in_network"),
            models.Index(fields=["at", "id"], name="sign_in_at"),
            models.Index(fields=["step", "at", "id"], name="sign_in_step_at"),
            models.Index(fields=["outcome", "at", "id"], name="sign_in_outcome_at"),
            models.Index(fields=["user", "at"], name="sign_in_user", condition=models.Q(user__isnull=False)),
            models.Index(
                fields=["credential", "address"], name="sign_in_credential", condition=~models.Q(credential="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.at:%Y-%m-%d %H:%M}"
