"""The base classes of all models, the history, and the external ids of imported rows."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.base import ModelState
from django.db.models.functions import Now
from django.db.models.signals import post_init, pre_init
from django.utils.translation import gettext_lazy as _

from core.append_only import AppendOnly
from core.querysets import AuditEntryQuerySet, ImportJobQuerySet, PatientLookQuerySet
from core.reads import note_row, reading_now


class Traced(models.Model):
    """A row whose loading is recorded as a look at a patient's record."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any) -> Self:
        if _is_plain(cls) and not kwargs:
            # What Django's `__init__` does, without asking each column: a practice took 15 µs, and takes 3.
            instance = cls.__new__(cls)
            instance._state = ModelState()
            instance._state.adding, instance._state.db = False, db
            instance.__dict__.update(zip(field_names, values, strict=True))
        else:
            instance = super().from_db(db, field_names, values, **kwargs)
        if reading_now() is not None:
            note_row(cls, instance.__dict__)
        return instance


@cache
def _is_plain(model: type[models.Model]) -> bool:
    """Whether nothing wants to be told that a row of the model is made."""
    signals: tuple[Any, ...] = (pre_init, post_init)
    return model.__init__ is models.Model.__init__ and not any(one.has_listeners(model) for one in signals)


class Remembering(Traced):
    """A row that remembers what the database held, so that the history can show before and after."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any) -> Self:
        instance = super().from_db(db, field_names, values, **kwargs)
        instance.remember(field_names)
        return instance

    def remember(self, names: Collection[str]) -> None:
        """Take the present values of the columns `names` as those in the database."""
        present = self.__dict__
        present.setdefault("_stored", {}).update({name: present[name] for name in names if name in present})

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Return the changed columns: name -> (before, after)."""
        present, stored = self.__dict__, self.__dict__.get("_stored", {})
        return {name: (old, present.get(name)) for name, old in stored.items() if present.get(name) != old}

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self.remember([field.attname for field in self._meta.concrete_fields])


class Stored(Remembering):
    """The base of all our models."""

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        abstract = True


class ClinicModel(Stored):
    """The base of rows that can change; every verb sets `updated_at` from its `at`."""

    updated_at = models.DateTimeField(_("updated"), db_default=Now(), editable=False)

    class Meta:
        abstract = True


class AuditEntry(models.Model):
    """One change in the history: who changed what, when, through which interface. Append-only.

    `changes` maps each column to [before, after]. `organization_id` and `practice_id` are the object's, for the
    rule of who may read the entry. Append-only in the database.
    """

    class Action(models.TextChoices):
        CREATE = "create", _("created")
        CHANGE = "change", _("changed")
        DELETE = "delete", _("deleted")
        EXPORT = "export", _("exported")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("who"),
        related_name="+",
    )
    actor_kind = models.CharField(_("kind of actor"), max_length=8)
    credential = models.CharField(_("credential"), max_length=64, blank=True)
    door = models.CharField(_("door"), max_length=64)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    verb = models.CharField(_("what"), max_length=64)
    action = models.CharField(_("action"), max_length=8, choices=Action)
    object_kind = models.CharField(_("kind"), max_length=64)
    object_id = models.BigIntegerField(_("object"))
    organization_id = models.BigIntegerField(null=True, blank=True)
    practice_id = models.BigIntegerField(null=True, blank=True)
    changes = models.JSONField(_("changes"), default=dict)
    # Where the request came from; a command comes from nowhere.
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    agent = models.CharField(_("browser or program"), max_length=255, blank=True, default="", db_default="")

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        indexes = [
            models.Index(fields=["object_kind", "object_id", "id"], name="audit_object"),
            models.Index(fields=["practice_id", "id"], name="audit_practice"),
            models.Index(
                fields=["organization_id", "id"], name="audit_organization", condition=models.Q(practice_id=None)
            ),
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["action", "id"], name="audit_action"),
            models.Index(fields=["door", "id"], name="audit_door"),
            models.Index(fields=["id"], name="audit_commands", condition=models.Q(door__startswith="command:")),
            models.Index(fields=["verb", "id"], name="audit_verb"),
            models.Index(fields=["user", "id"], name="audit_user", condition=models.Q(user__isnull=False)),
            models.Index(fields=["request_id"], name="audit_request", condition=~models.Q(request_id="")),
            models.Index(fields=["address", "id"], name="audit_address", condition=models.Q(address__isnull=False)),
        ]
        constraints = [AppendOnly(name="audit_append_only")]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_kind} {self.object_id}"


class AuditSeal(models.Model):
    """The digest of a history entry and its link in the chain. Append-only."""

    id = models.BigAutoField(primary_key=True)
    entry = models.OneToOneField(AuditEntry, models.DO_NOTHING, db_constraint=False, related_name="+")
    digest = models.CharField(max_length=64)
    link = models.CharField(max_length=64)

    class Meta:
        constraints = [AppendOnly(name="audit_seal_append_only")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.link[:12]}"


class Look(models.Model):
    """The record that somebody was shown patients' data: who, when, which page, through which interface.

    Of a look at patients of several organizations there is one for each of them, so that each reads its own.
    Append-only, but for `forget_reads`.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("who"),
    )
    credential = models.CharField(_("credential"), max_length=64, blank=True)
    door = models.CharField(_("door"), max_length=64)
    page = models.CharField(_("page"), max_length=120)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    organization_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("look at records")
        verbose_name_plural = _("looks at records")
        indexes = [
            models.Index(fields=["user", "id"], name="look_user"),
            models.Index(fields=["organization_id", "id"], name="look_organization"),
            models.Index(fields=["request_id"], name="look_request"),
        ]
        constraints = [AppendOnly(name="look_append_only")]

    def __str__(self) -> str:
        return f"{self.page} {self.at:%Y-%m-%d %H:%M}"


class PatientLook(models.Model):
    """Whose record was shown in a look: one row for each patient. The same page within an hour is one (`core.looks`).

    `at` is the look's, kept here for the index of a patient's last looks. No constraint of the database asks for the
    patient: that somebody looked stays known when the record is deleted. None asks for the look either: asked row by
    row, it was nearly a third of what a trace cost; `core.patient_looks_have_looks` finds what would break it.
    Append-only, but for `forget_reads`.
    """

    id = models.BigAutoField(primary_key=True)
    look = models.ForeignKey(
        Look, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="patients", verbose_name=_("look")
    )
    patient = models.ForeignKey(
        "patients.Patient",
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("patient"),
    )
    at = models.DateTimeField(_("when"))

    objects = PatientLookQuerySet.as_manager()

    class Meta:
        verbose_name = _("look at a record")
        verbose_name_plural = _("who looked")
        indexes = [models.Index(fields=["patient", "at"], name="patient_look_patient")]
        constraints = [
            models.UniqueConstraint(fields=["look", "patient"], name="patient_look_once"),
            AppendOnly(name="patient_look_append_only"),
        ]

    def __str__(self) -> str:
        return str(self.look)


class ExternalId(models.Model):
    """The id that another system gives to one of our objects; an object may have ids of several systems."""

    id = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    organization = models.ForeignKey("directory.Organization", models.CASCADE, related_name="+")
    source = models.CharField(_("system"), max_length=50)
    kind = models.CharField(_("kind"), max_length=50)
    external_id = models.CharField(_("its id there"), max_length=255)
    object_id = models.BigIntegerField(_("our id"))
    # Which import made the object. It is found by the organization, source and kind, without an index of its own.
    job = models.ForeignKey(
        "core.ImportJob", models.SET_NULL, null=True, blank=True, related_name="made", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "source", "kind", "external_id"], name="external_id_unique"
            ),
        ]
        indexes = [models.Index(fields=["kind", "object_id"], name="external_id_object")]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.external_id}"


class ImportJob(models.Model):
    """One run of an import; each chunk updates it in its own transaction.

    `rows` is the cursor: how many of the file's rows have their outcome, up to `line`. A job without `finished_at`
    is running, or was stopped: the same import run again completes it as a job of its own.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        "directory.Organization", models.CASCADE, related_name="+", verbose_name=_("organization")
    )
    kind = models.CharField(_("kind"), max_length=50)
    source = models.CharField(_("system"), max_length=50)
    file_name = models.CharField(_("file"), max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    # That of its entries in the history: by it, what the import changed is found.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    rows = models.PositiveBigIntegerField(_("rows"), default=0, db_default=0)
    line = models.PositiveBigIntegerField(_("up to line"), default=0, db_default=0)
    created = models.PositiveBigIntegerField(_("created"), default=0, db_default=0)
    changed = models.PositiveBigIntegerField(_("changed"), default=0, db_default=0)
    unchanged = models.PositiveBigIntegerField(_("unchanged"), default=0, db_default=0)
    refused = models.PositiveBigIntegerField(_("refused"), default=0, db_default=0)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["organization", "started_at", "id"], name="import_job_organization")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    rows=models.F("created") + models.F("changed") + models.F("unchanged") + models.F("refused")
                ),
                name="import_job_rows_add_up",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.file_name}"
