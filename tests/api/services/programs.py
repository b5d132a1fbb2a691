"""services: a program as the specification writes it, for the tests that read and that write."""


def listed(program, sessions, **values):
    return {
        "id": program.pk,
        "patient_id": program.patient_id,
        "service_plan": {
            "id": sessions.pk,
            "name": "Kinetotherapy 10 Sessions",
            "billing_model": "session_based",
            "telerehab_access": False,
            "library_access": False,
            "service": {"name": "Kinetotherapy"},
        },
        "sessions_total": 10,
        "sessions_completed": 3,
        "sessions_cancelled": 0,
        "sessions_remaining": 7,
        "access_starts_at": None,
        "access_expires_at": None,
        "status": "active",
        "enrolled_at": "2026-02-17T10:00:00Z",
        "expires_at": "2026-05-18T10:00:00Z",
        **values,
    }


def progress(program, sessions, service, **values):
    return {
        **listed(program, sessions),
        "patient": {"id": program.patient_id, "name": "Jane Doe"},
        "service_plan": {
            "id": sessions.pk,
            "name": "Kinetotherapy 10 Sessions",
            "service": {"id": str(service.uuid), "name": "Kinetotherapy", "duration_minutes": 30},
            "total_price": 1000.0,
        },
        "reason": None,
        "created_at": "2026-02-17T10:00:00Z",
        "updated_at": "2026-02-17T10:00:00Z",
        **values,
    }
