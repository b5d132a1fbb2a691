"""Filters of patients and their data, above all by who may see them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import F, Func, OuterRef, Q, Value
from django.db.models.functions import Length, Substr, Upper

from core.actor import Actor
from core.hints import AlongOrAtOnce, Common, OfEach, Rare, asked_of_each
from core.permissions import CLINIC_ADMIN, FRONT_DESK, SPECIALIST
from core.plain_text import range_of
from core.prepared import Hole, read_once, there_is
from core.querysets import ClinicQuerySet
from directory.models import Practice
from directory.querysets import InOrganizationQuerySet
from patients.names import fold
from patients.phones import dictated
from patients.searching import LONGEST_WORD, MOST_WORDS, Way, Words, words_in

M = TypeVar("M", bound=models.Model)
# Sorted by these, those who have a word of a name stand together.
NAMES = ("search_name", "first_name", "last_name", "email")


def visible_patients(actor: Actor, path: str = "") -> Q:
    """The condition that a patient at `path` (such as "patient") is one that `actor` may see.

    Clinic admins and front desk see their organizations' patients, a specialist those they have appointments with,
    a patient themselves and those they have access to.
    """
    prefix = f"{path}__" if path else ""
    pk = f"{path}_id" if path else "pk"
    condition = Q()
    if actor.patient_ids:
        condition |= Q(**{f"{pk}__in": actor.patient_ids})
    if actor.specialist_ids:
        condition |= Q(**{f"{pk}__in_rows": treated_by(actor)})
    organizations = actor.organizations_as(CLINIC_ADMIN, FRONT_DESK)
    # Only where there are some: to ask for none of them, each row would be joined to its patient all the same.
    if organizations or not condition:
        condition |= Q(**{f"{prefix}organization_id__in_scope": organizations})
    return condition


def treated_by(actor: Actor) -> models.QuerySet[Any, Any]:
    """Ids of the patients with whom the actor has appointments, in the practices where they are a specialist."""
    from patients.models import Patient

    # The appointments alone, whose index `appointment_treated` says it: a join would read each patient as well.
    appointments = Patient._meta.get_field("appointments").related_model
    mine = appointments._base_manager.filter(
        specialist_id__in=actor.specialist_ids, practice_id__in=actor.practices(SPECIALIST), patient__isnull=False
    )
    return mine.values("patient_id")


class IsLike(Func):
    """Whether a text is like a pattern, in which a backslash stands before what is meant as it is."""

    arity = 2
    arg_joiner = " LIKE "
    template = "%(expressions)s"
    output_field = models.BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """SQLite has to be told of the backslash."""
        return self.as_sql(compiler, connection, template="%(expressions)s ESCAPE '\\'", **more)


def texts_of_names(*, first: str, last: str) -> dict[str, str]:
    """By what `PatientQuerySet.in_place` finds these names; nothing where one of them has no letter."""
    first, last = first.strip(), last.strip()
    word, family = fold(first), fold(last)
    if not word or not family:
        return {}
    plain = re.sub(r"([\\%_])", r"\\\1", first)
    texts = {"first": f"{plain}%", "has": f"% {word}%", "ends": f"% {word}"}
    for name, beginning in (("last", family), ("word", word), ("both", fold(f"{last} {first}"))):
        texts[name], texts[f"beyond_{name}"] = range_of(beginning)
    return texts


def _text(text: Any) -> Any:
    return text if isinstance(text, Hole) else Value(text, output_field=models.CharField())


def _folded_first(length: Any) -> Substr:
    return Substr("search_name", Length("last_name") + 2, length)


class PatientQuerySet(ClinicQuerySet[Any]):
    """Patients."""

    # Whose patients a search looks through (None: everybody's), and who of them is seen (None: all of them): set by
    # `visible_to`, carried along by every filter.
    _organizations: Collection[int] | None = None
    _seen: PatientQuerySet | None = None

    def live(self) -> Self:
        """Patients who are neither archived nor merged into another, as most are."""
        return self.filter(Common(Q(merged_into=None)), archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """The patients that `visible_patients` lets the actor see."""
        if actor.everything:
            return self
        rows = self.filter(visible_patients(actor))
        # A patient sees people of any organization, of whom there are few.
        rows._organizations = None if actor.patient_ids else actor.organizations_as()
        sees_all = rows._organizations is not None and rows._organizations == actor.organizations_as(
            CLINIC_ADMIN, FRONT_DESK
        )
        rows._seen = None if sees_all else rows.live()
        return rows

    def _clone(self) -> Self:
        rows: Self = super()._clone()  # type: ignore[misc]
        rows._organizations, rows._seen = self._organizations, self._seen
        return rows

    def to_book(self) -> Self:
        """Load only the few of the 55 columns that a booking needs; others are read when they are used."""
        return self.only("organization", "resource", "first_name", "last_name", "archived_at", "merged_into")

    def found_by(self, text: str) -> Self:
        """Patients whom `text` means: an e-mail address, a phone number or part of one, or words of the name."""
        from patients.models import PatientWord

        text = text.strip()
        if "@" in text:
            # The whole address is a word, so that no other way to find it is needed.
            return self._one_of(PatientWord, "patient", word=text.lower()[:LONGEST_WORD]).filter(email__iexact=text)
        if dictated(text) is not None:
            return self._meant(self.words([text]))
        return self.named_like(text)

    def named_to_count(self, *, first: str = "", last: str = "", meant: Words | None = None) -> tuple[Self, Self]:
        """Patients whose first and last name begin with these, twice: as they are listed, and as counted fastest.

        "" matches any. Accents and case do not count. The last of several first names is found as well, as a whole.
        `meant` are the `words_named`, where they were made before. The index of names counts alone, where it tells.
        """
        first, last = first.strip(), last.strip()
        folded_last = fold(last)
        found = self
        if last:
            begins = Q(search_name__begins=folded_last) if folded_last else Q(last_name__istartswith=last)
            found = self.filter(begins)
        if not first:
            return found, found
        meant = meant or self.words_named(first=first, last=last)
        is_few = meant is not None and meant.ids is not None
        if meant is not None and (is_few or not folded_last):
            found = (asked_of_each(found) if is_few else found).filter(meant.in_any_place())
        if not (folded := fold(first)):
            named = found.filter(first_name__istartswith=first)
            return named, named
        if texts := texts_of_names(first=first, last=last):
            named, counted = found.in_place(texts)
            return named, named if is_few else counted
        in_name = Q(search_name__endswith=f" {folded}") | Q(folded_first=folded) | Q(first_name__istartswith=first)
        named = found.alias(folded_first=_folded_first(len(folded))).filter(in_name)
        return named, named

    def words_named(self, *, first: str, last: str) -> Words | None:
        """The words of both names as the index of words has them; None where it would not help.

        A number in a name leaves few of the last name.
        """
        words = fold(f"{last} {first}").split()[:MOST_WORDS] if first else []
        helps = bool(words) and all(one.isalpha() for one in words)
        return self.words(words) if helps else None

    def in_place(self, texts: Mapping[str, Any]) -> tuple[Self, Self]:
        """Those of both names, from `texts_of_names` or placeholders for them; and the same to be counted.

        All of a last name stand in one place of the index of names, which says who has such a word at all. The folded
        name is the last name, a space and the first name. Folding keeps the length of nearly all last names; after the
        others a whole first name is found, and its beginning where all of both is told.
        """
        in_record = Q(IsLike(Upper("first_name"), Upper(_text(texts["first"])))) | Q(folded_first=texts["word"])
        both = Q(search_name__gte=texts["both"], search_name__lt=texts["beyond_both"])
        in_index = Q(IsLike("search_name", _text(texts["ends"]))) | both
        has = Q(IsLike("search_name", _text(texts["has"])))
        has |= Q(search_name__gte=texts["word"], search_name__lt=texts["beyond_word"])
        found = self.filter(has, search_name__gte=texts["last"], search_name__lt=texts["beyond_last"])
        folded_first = _folded_first(Length(_text(texts["word"])))
        named = found.alias(folded_first=folded_first).filter(in_record | in_index)
        unsure = self.model._default_manager.filter(read_once("pk", found.exclude(in_index).values("pk")))
        others = unsure.alias(folded_first=folded_first).filter(in_record)
        return named, found.filter(in_index | Q(pk__in=others.values("pk")))

    def reached_at(self, number: str, *, prefix: str = "", organization_id: int) -> Self:
        """Patients with this phone number, with or without its country prefix; without a number, with this prefix."""
        numbers = self.model._meta.get_field("phone_numbers").related_model
        typed = numbers(prefix=prefix.strip(), number=number.strip())
        typed.normalize(Practice.objects.country_of(organization_id))
        condition = Q()
        if digits := "".join(one for one in prefix if one.isdecimal()).lstrip("0"):
            spellings = [digits, f"+{digits}", f"00{digits}"]
            condition = Q(e164__startswith=f"+{digits}") | Q(prefix__in=spellings)
        if typed.number:
            same = Q(number=typed.number)
            same |= Q(digits=typed.digits) if typed.digits else Q()
            same |= Q(e164=typed.e164) if typed.e164 else Q()
            condition &= same
        if not condition:
            return self
        # Many have a prefix, and few a number.
        rows = asked_of_each(self) if typed.number else self
        return rows.filter(pk__in=numbers._default_manager.filter(condition).values("patient"))

    def born_on(self, day: date) -> Self:
        """Patients who were born on this day, who are few."""
        return self.filter(Rare(Q(date_of_birth=day)))

    def with_fiscal_code(self, code: str) -> Self:
        """Patients with this Italian fiscal code, ignoring spaces and case. Complete ones are stored without spaces."""
        plain = "".join(code.split())
        codes = {plain, plain.upper(), plain.lower(), code} - {""}
        # Not empty: SQLite takes the partial index only for its own condition.
        return self._one_of(self.model, "pk", ~Q(italian_fiscal_code=""), italian_fiscal_code__in=codes)

    def searched(self, text: str) -> Self:
        """Patients whom the text means (see `patients.searching`); all of them for an empty text."""
        return self.meant_by(self.words(words_in(text)))

    def words(self, words: Iterable[str]) -> Words:
        """The words, and whom of these patients they mean."""
        return Words(words, organizations=self._organizations, seen=self._seen)

    def meant_by(self, words: Words) -> Self:
        """Those whom all of the words mean; everybody where there is none."""
        return self.filter(words.meant()) if words.words else self

    def named_like(self, text: str) -> Self:
        """Patients in whose folded name every word of `text` begins a word; nobody for an empty text."""
        meant = self.words_like(text)
        return self._meant(meant) if meant.words else self.none()

    def words_like(self, text: str) -> Words:
        """The words of the text, as words of folded names."""
        return self.words(fold(text).split()[:MOST_WORDS])

    def beginning_with(self, word: Any, beyond: Any) -> Self:
        """Those whose name stands between these (`Words.alone_in_one_place`, or placeholders for its texts)."""
        named = Q(search_name__gte=word, search_name__lt=beyond)
        return self.filter(AlongOrAtOnce(OfEach(named), named, in_one_place=NAMES))

    def _one_of(self, model: type[models.Model], holder: str, *found: Q, **by: Any) -> Self:
        """Those of the patients whom few rows of `model` name in the column `holder`; an index finds these first."""
        return asked_of_each(self).filter(pk__in=Way(model, Q(*found, **by), holder).ids(self._organizations))

    def _meant(self, meant: Words) -> Self:
        at_once = meant.meant(walking=False)
        if meant.ids is not None:
            return asked_of_each(self).filter(at_once)
        return self.filter(AlongOrAtOnce(OfEach(meant.meant()), at_once, in_one_place=NAMES))


class PatientAccessQuerySet(ClinicQuerySet[Any]):
    """Users' access to patients."""

    def visible_to(self, actor: Actor) -> Self:
        """Access to the patients whom the actor sees as staff, and the actor's own."""
        if actor.everything:
            return self
        own = Q(user_id=actor.user_id) if actor.user_id else Q(pk=None)
        return self.filter(Q(patient__organization_id__in=actor.organizations_as(CLINIC_ADMIN, FRONT_DESK)) | own)


class OfPatientQuerySet(ClinicQuerySet[M]):
    """Rows that belong to a patient."""

    def live(self) -> Self:
        """Rows that are not archived."""
        return self.filter(archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Rows of the patients whom the actor may see."""
        return self if actor.everything else self.filter(visible_patients(actor, "patient"))


class AlertQuerySet(ClinicQuerySet[Any]):
    """Alerts about patients, which patients themselves never see."""

    def visible_to(self, actor: Actor) -> Self:
        """Alerts about the patients whom the actor sees as staff."""
        if actor.everything:
            return self
        return self.filter(visible_patients(replace(actor, patient_ids=frozenset()), "patient"))

    def standing(self) -> Self:
        """Alerts that have not been ended."""
        return self.filter(ended_at=None)


class CustomFieldQuerySet(InOrganizationQuerySet[Any]):
    """Custom fields."""

    def of(self, object_type: str) -> Self:
        """Fields for this kind of object."""
        return self.filter(object_type=object_type)

    def in_order(self) -> Self:
        """Sorted as forms and lists show them: by position, those without one last."""
        return self.order_by(F("sequence_number").asc(nulls_last=True), "pk")


class CustomFieldValueQuerySet(ClinicQuerySet[Any]):
    """Values of custom fields."""

    def live(self) -> Self:
        """Values of fields that are not archived."""
        return self.filter(field__archived_at=None)

    def visible_to(self, actor: Actor) -> Self:
        """Values of the patients and care plans that the actor may see."""
        if actor.everything:
            return self
        plans = self.model._meta.get_field("care_plan").related_model._default_manager.visible_to(actor)
        # Of an IN, SQLite reads all care plans, and PostgreSQL then joins all patients.
        return self.filter(visible_patients(actor, "patient") | there_is(plans.filter(pk=OuterRef("care_plan_id"))))

    def in_order(self) -> Self:
        """Sorted as forms and lists show them: by the field's position, those without one last."""
        return self.order_by(F("field__sequence_number").asc(nulls_last=True), "field_id")
