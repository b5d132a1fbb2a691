"""Imported visits of programs: which session each of them holds, has used or lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from itertools import count
from typing import Any

from django.utils.translation import gettext as _t

from core.db import Work
from core.imports import Batch, Match
from core.locks import lock
from programs import services as programs
from programs.models import Enrollment
from scheduling.models import Appointment
from scheduling.states import OPEN, AppointmentStatus

GIVEN_UP = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW, AppointmentStatus.REJECTED})


class ProgramVisits:
    """The programs that the new visits of a batch name, locked. `plan` each visit, then `write` those that are stored.

    A visit that is done is one of the sessions that its program has used; an enrollment is imported with their number.
    Only where the program has no such session left does the visit use one more. An open visit holds a session. One that
    was cancelled or missed names its session where it lost it, and none where it gave it back.
    """

    def __init__(self, work: Work, batch: Batch, enrollment_ids: Collection[int | None]) -> None:
        self.work, self.batch = work, batch
        self.programs: dict[int, Enrollment] = {}
        if ids := [pk for pk in enrollment_ids if pk is not None]:
            visible = Enrollment.objects.visible_to(work.by).filter(pk__in=ids)
            here = set(visible.values_list("pk", flat=True))
            self.programs = {one.pk: one for one in lock(Enrollment.objects.all(), here)}
        named = Appointment.objects.filter(enrollment__in=self.programs, plan_session_number__isnull=False)
        self.taken: dict[int, set[int | None]] = defaultdict(set)
        self.held: Counter[int | None] = Counter()
        for pk, number, status, archived in named.values_list(
            "enrollment_id", "plan_session_number", "status", "archived_at"
        ):
            self.taken[pk or 0].add(number)
            self.held[pk] += status in OPEN and archived is None
        self.unnamed = {pk: programs.sessions_used_unnamed(one) for pk, one in self.programs.items()}
        self.left = {pk: one.sessions_left or 0 for pk, one in self.programs.items()}

    def plan(self, match: Match[Appointment], told: dict[str, Any]) -> bool:
        """Set the program and the session on a new visit; refuse it and return False if the program does not fit."""
        if told.get("enrollment") is None:
            return True
        visit = match.obj
        program = self.programs.get(told["enrollment"])
        if program is None:
            return self._refuse(match, "enrollment", _t("There is none that you may use."))
        if program.patient_id != visit.patient_id or program.practice_id != visit.practice_id:
            return self._refuse(match, "enrollment", _t("It is a program of another patient or practice."))
        if program.sessions_left is None:
            return self._refuse(match, "enrollment", _t("It is a program without sessions."))
        visit.enrollment_id, number = program.pk, told.get("session")
        if visit.status in GIVEN_UP and number is None:
            return True
        taken = self.taken[program.pk]
        if number is not None and (number < 1 or number in taken):
            return self._refuse(match, "session", _t("Another visit has this session of the program."))
        if not self._takes_one(program.pk, is_open=visit.status in OPEN):
            return self._refuse(match, "enrollment", _t("The program has no session left."))
        # An open visit gets a number after the sessions that were used in visits we do not know.
        first = self.unnamed[program.pk] + 1 if visit.status in OPEN else 1
        visit.plan_session_number = number or next(n for n in count(first) if n not in taken)
        taken.add(visit.plan_session_number)
        return True

    def _takes_one(self, program: int, *, is_open: bool) -> bool:
        if not is_open and self.unnamed[program]:
            self.unnamed[program] -= 1
        elif self.left[program] - self.held[program] < 1:
            return False
        elif is_open:
            self.held[program] += 1
        else:
            self.left[program] -= 1
        return True

    def write(self, visits: Collection[Appointment]) -> None:
        """Write the ledger movements of the stored visits."""
        by_program: dict[int, list[Appointment]] = defaultdict(list)
        for visit in visits:
            if visit.enrollment_id is not None and visit.status not in OPEN:
                by_program[visit.enrollment_id].append(visit)
        for pk, theirs in sorted(by_program.items()):
            used = [visit.pk for visit in theirs if visit.status == AppointmentStatus.DONE]
            lost = [one.pk for one in theirs if one.pk not in used and one.plan_session_number is not None]
            reason = _t("Missed or cancelled late, as imported")
            programs.name_visits(self.work, self.programs[pk], used=used, lost=lost, reason=reason)
            for visit in theirs:
                if visit.pk not in used and visit.plan_session_number is None:
                    programs.release_session(
                        self.work, self.programs[pk], appointment_id=visit.pk, reason=visit.cancellation_note
                    )

    def _refuse(self, match: Match[Appointment], column: str, reason: str) -> bool:
        self.batch.refuse(match.row, column, reason)
        return False
