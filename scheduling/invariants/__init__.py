"""What must always be true of appointments, slots and claims, beyond the constraints."""

from scheduling.invariants import sessions, slots

INVARIANTS = [*sessions.INVARIANTS, *slots.INVARIANTS]
