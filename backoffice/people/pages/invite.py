"""The two pages that create accounts: for a person, by e-mail, and for a program."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice.kit.actor import actor_of, practices_required
from backoffice.kit.contributions import site_pages
from backoffice.kit.forms import show_refusal
from backoffice.kit.links import mail_link
from backoffice.people.staff import MAY
from core.errors import DomainError, Unavailable
from directory.models import Practice, User
from directory.services import create_service_account, invite_staff
from directory.states import Role


class AccountForm(forms.Form):
    """Where somebody works, and as what."""

    practice = forms.ModelChoiceField(Practice.objects.none(), label=_("Practice"), widget=UnfoldAdminSelectWidget)
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, initial=Role.FRONT_DESK, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = practices_required(request, MAY)
        field: Any = self.fields["practice"]
        field.queryset = Practice.objects.visible_to(actor_of(request)).filter(pk__in=[one.pk for one in found])
        field.initial = found[0].pk if len(found) == 1 else None

    def make(self, request: HttpRequest) -> str:
        """Call the verb; what to say."""
        raise NotImplementedError

    def given(self) -> dict[str, Any]:
        """What the verb takes."""
        given = dict(self.cleaned_data)
        practice = given.pop("practice")
        return {**given, "practice_id": practice.pk}


class InviteForm(AccountForm):
    """A person, who gets a mail."""

    first_name = forms.CharField(label=_("First name"), max_length=150, widget=UnfoldAdminTextInputWidget)
    last_name = forms.CharField(label=_("Last name"), max_length=150, widget=UnfoldAdminTextInputWidget)
    email = forms.EmailField(label=_("E-mail"), max_length=150, widget=UnfoldAdminEmailInputWidget)
    field_order = ("first_name", "last_name", "email", "practice", "role")

    def make(self, request: HttpRequest) -> str:
        user: User = invite_staff(**self.given(), by=actor_of(request), at=timezone.now())
        mail_link(user, template="backoffice/people/invitation_mail.txt")
        return _t("%(name)s was invited by a mail to %(email)s.") % {"name": user.get_full_name(), "email": user.email}


class ServiceForm(AccountForm):
    """A program, which owns keys and never signs in."""

    name = forms.CharField(label=_("Name of the program"), max_length=100, widget=UnfoldAdminTextInputWidget)
    field_order = ("name", "practice", "role")

    def make(self, request: HttpRequest) -> str:
        user: User = create_service_account(**self.given(), by=actor_of(request), at=timezone.now())
        return _t("The account %(name)s was created. Issue a key for it under API keys.") % {"name": user.username}


PAGES = (
    ("invite/", "invite_staff", InviteForm, _("Invite somebody"), _("Send the invitation")),
    ("service-account/", "add_service_account", ServiceForm, _("Add a service account"), _("Create the account")),
)


@site_pages
def account_urls(site: UnfoldAdminSite) -> list[URLPattern]:
    """Both pages."""

    def page(form_class: type[AccountForm], title: Any, button: Any) -> Any:
        def view(request: HttpRequest) -> HttpResponse:
            return form_view(request, site, form_class, title=title, button=button)

        return site.admin_view(view)

    return [path(where, page(form, title, button), name=name) for where, name, form, title, button in PAGES]


def form_view(
    request: HttpRequest, site: UnfoldAdminSite, form_class: type[AccountForm], *, title: Any, button: Any
) -> HttpResponse:
    """Ask, and make the account."""
    form, users = form_class(request.POST or None, request=request), reverse("admin:directory_user_changelist")
    if request.method == "POST" and form.is_valid():
        try:
            said = form.make(request)
        except (DomainError, Unavailable) as error:
            show_refusal(form, error)
        else:
            messages.success(request, said)
            return HttpResponseRedirect(users)
    request.current_app = site.name
    context = {**site.each_context(request), "title": title, "form": form, "back": users, "button": button}
    return TemplateResponse(request, "backoffice/kit/form_page.html", context)
