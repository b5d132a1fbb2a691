"""A load balancer learns whether the process lives and whether it can work."""

import socket

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

from clinic import health
from clinic.settings import database_settings
from core.errors import Unavailable
from tests.factories import DocumentFactory

HERE = frozenset({("core", "0001_schema")})
WELL = {"database": "ok", "migrations": "ok", "storage": "ok", "cache": "ok"}


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch):
    monkeypatch.setattr(health, "TOLD_AGAIN_FOR", 0.0)


@pytest.fixture
def migrated(monkeypatch):
    """This release brings one migration, and it is applied: the tests' database may have been made without any."""
    monkeypatch.setattr(health, "_migrations_here", lambda: HERE)
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _self: dict.fromkeys(HERE))


def test_a_process_lives_without_asking_the_database(client):
    response = client.get("/livez", headers={"Host": "10.0.0.7"})
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_a_clinic_that_can_work_says_so_to_whoever_asks_by_address(db, migrated, client):
    response = client.get("/healthz", headers={"Host": "10.0.0.7"})
    assert (response.status_code, response.json()) == (200, WELL)


def failing(*_args, **_kwargs):
    raise DatabaseError("away: password of postgres is x")


def busy(*_args, **_kwargs):
    raise Unavailable


def lost(*_args, **_kwargs):
    raise OSError("disk")


@pytest.mark.parametrize(
    ("what", "where", "name", "fault"),
    [
        ("database", health, "_database_answers", failing),
        ("migrations", health, "_migrations_are_applied", failing),
        ("migrations", MigrationRecorder, "applied_migrations", lambda _self: {}),
        ("storage", default_storage, "exists", lost),
        ("cache", health, "_cache_answers", busy),
    ],
)
def test_what_fails_is_named_and_why_is_kept_to_the_log(db, migrated, client, monkeypatch, what, where, name, fault):
    monkeypatch.setattr(where, name, fault)
    response = client.get("/healthz")
    failed = {what, "migrations"} if what == "database" else {what}  # which lie in it
    assert (response.status_code, response.json()) == (503, WELL | dict.fromkeys(failed, "failed"))


def test_a_folder_of_files_that_is_gone_or_not_mounted_is_named_once_there_are_rows_of_files(
    db, migrated, client, settings, tmp_path
):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    assert client.get("/healthz").json() == WELL  # the first file will make it
    document = DocumentFactory()
    assert client.get("/healthz").json() == WELL
    default_storage.delete(document.file.name)
    assert client.get("/healthz").json() == WELL  # one file that is lost stops no clinic
    (tmp_path / "media").rename(tmp_path / "away")
    assert client.get("/healthz").json() == WELL | {"storage": "failed"}
    (tmp_path / "media").mkdir()
    assert client.get("/healthz").json() == WELL | {"storage": "failed"}
    (tmp_path / "media").rmdir()
    (tmp_path / "media").touch()
    assert client.get("/healthz").json() == WELL | {"storage": "failed"}


@pytest.mark.engine_independent
def test_a_database_that_takes_the_call_and_says_nothing_is_given_up(monkeypatch):
    """As after a power cut, when nothing refuses the connection either; the driver's own patience is two minutes."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        monkeypatch.setenv("DATABASE_URL", f"postgresql://clinic@127.0.0.1:{port}/clinic?connect_timeout=2")
        config = database_settings()
        assert config["OPTIONS"]["connect_timeout"] == 2
        monkeypatch.setenv("DATABASE_URL", f"postgresql://clinic@127.0.0.1:{port}/clinic")
        assert database_settings()["OPTIONS"]["connect_timeout"] == 5
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            ConnectionHandler({"default": config})["default"].connect()


def test_a_database_ahead_of_this_release_is_well(db, migrated, client, monkeypatch):
    more = dict.fromkeys([*HERE, ("core", "9999_next")])
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _self: more)
    assert client.get("/healthz").status_code == 200


def test_whoever_asks_often_is_told_what_was_found(db, migrated, client, monkeypatch):
    monkeypatch.setattr(health, "TOLD_AGAIN_FOR", 60.0)
    assert client.get("/healthz").status_code == 200
    monkeypatch.setattr(health, "_database_answers", failing)
    assert client.get("/healthz").status_code == 200
