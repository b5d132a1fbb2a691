"""Clients that never finish what they send hold up nobody behind the shipped proxy.

The control sends the same to the application server by itself, whose threads they take one by one.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from tests.patience import LIMIT
from tests.plugins.counts import FULL
from tests.races.server import database_url, wait_until_alone

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ROOT = Path(settings.BASE_DIR)
SLOW = 200
ASKED = 300 if FULL else 60
HOST = "clinic.example.org"
# From several addresses: one alone may have no more than its share of requests under way.
ADDRESSES = [f"127.0.0.{n}" for n in range(2, 8)]
FORM = "application/x-www-form-urlencoded"
# A page that reads what it is sent before it says anything.
HEAD = f"POST /oauth2/token HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\nContent-Type: {FORM}\r\n".encode()
HALF_A_HEAD = HEAD[:40]
HALF_A_BODY = HEAD + b"Content-Length: 1000\r\n\r\ngrant_type="

pytestmark = [pytest.mark.race, pytest.mark.engine_independent]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def running(command, port, log, **how):
    """The command, from when its port answers; ended by the id that it was started with."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, **how)
    try:
        deadline = time.monotonic() + LIMIT
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text()[-2000:])
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(LIMIT)


@pytest.fixture
def application(request, tmp_path, transactional_db):
    """The port of the application server as it is deployed, or with as many workers as the test says."""
    port = free_port()
    environment = {
        **os.environ, "DATABASE_URL": database_url(), "DEBUG": "0", "BIND": f"127.0.0.1:{port}", "HTTPS": "1",
        "ALLOWED_HOSTS": HOST, "TRUSTED_PROXIES": "1", "STATIC_ROOT": str(tmp_path),
        "WEB_WORKERS": str(getattr(request, "param", 2)),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "clinic.wsgi", "--config", "deploy/gunicorn.py"]
    with running(command, port, tmp_path / "gunicorn.log", cwd=ROOT, env=environment):
        yield port
    wait_until_alone()


@pytest.fixture
def folder():
    """A folder of its own, which an ordinary user can reach; those of pytest are closed to all but one."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def proxy(folder, application):
    """The port of the shipped proxy, run by an ordinary user; only its places are others."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    ports = {"80": free_port(), "443": free_port()}
    write_certificate(folder)
    text = (ROOT / "deploy/nginx.conf").read_text()
    text = text.replace("worker_processes auto;", f"worker_processes 2; pid {folder}/pid; daemon off;")
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for what, put in {
        "http {\n": f"http {{\n{places}",
        "server web:8000": f"server 127.0.0.1:{application}",
        "listen 80;": f"listen 127.0.0.1:{ports['80']};",
        "listen 443 ": f"listen 127.0.0.1:{ports['443']} ",
        "/etc/tls/": f"{folder}/",
        "/dev/stdout": f"{folder}/access.log",
        "error_log stderr": f"error_log {folder}/error.log",
    }.items():
        assert what in text, what
        text = text.replace(what, put)
    (folder / "nginx.conf").write_text(text)
    how = {}
    if os.getuid() == 0:
        how = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        for one in (folder, *folder.iterdir()):
            shutil.chown(one, "nobody")
    command = [NGINX, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, ports["443"], folder / "said.log", **how):
        yield ports["443"], folder


def write_certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    (folder / "fullchain.pem").write_bytes(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def trusting():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextlib.contextmanager
def slow_clients(port, count, *, tls, kinds=(HALF_A_HEAD, HALF_A_BODY)):
    """So many connections that have sent half a head, or a head and half a body, and say no more."""
    opened, context = [], trusting()
    try:
        for number in range(count):
            one = socket.create_connection(("127.0.0.1", port), LIMIT, (ADDRESSES[number % len(ADDRESSES)], 0))
            opened.append(one)
            if tls:
                one = context.wrap_socket(one)
                opened[-1] = one
            one.sendall(kinds[number % len(kinds)])
        yield opened
    finally:
        for one in opened:
            one.close()


def waits(port, count):
    """Seconds that ordinary requests take, each over a connection of its own; the slowest last."""
    taken = []
    for _number in range(count):
        began = time.monotonic()
        line = http.client.HTTPSConnection("127.0.0.1", port, context=trusting(), timeout=LIMIT)
        line.request("GET", "/v1/services", headers={"Host": HOST})
        assert line.getresponse().status == 200
        line.close()
        taken.append(time.monotonic() - began)
    return sorted(taken)


def test_two_hundred_slow_clients_behind_the_shipped_proxy_hold_up_nobody(proxy):
    port, folder = proxy
    waits(port, 20)
    alone = waits(port, ASKED)
    with slow_clients(port, SLOW, tls=True):
        beside = waits(port, ASKED)
    told = [
        f"{name}: p50 {row[len(row) // 2]:.3f} s, p99 {row[-1 - len(row) // 100]:.3f} s"
        for name, row in (("alone", alone), ("beside slow clients", beside))
    ]
    print(*told, sep="\n")
    # On a machine that is too busy for it anyway, no slower than without them.
    assert beside[-1 - ASKED // 100] < max(1, 2 * alone[-1]), told
    assert "/v1/services" in (folder / "access.log").read_text()


def test_what_the_proxy_refuses_by_itself_is_guarded_like_the_rest(proxy):
    port, _folder = proxy
    guards = ("Strict-Transport-Security", "X-Content-Type-Options", "Content-Security-Policy")
    line = http.client.HTTPSConnection("127.0.0.1", port, context=trusting(), timeout=LIMIT)
    for status, size in ((302, 0), (413, 70_000)):
        line.request("POST" if size else "GET", "/admin/login/", b"x" * size, {"Host": HOST})
        answer = line.getresponse()
        answer.read()
        assert answer.status == status
        assert [len(answer.headers.get_all(name)) for name in guards] == [1, 1, 1]
        line.close()


def test_the_server_says_in_json_what_it_refuses_and_repeats_nothing_of_it(application, tmp_path):
    name = b"Popescu-Zebra"
    asked = (b"GET /" + name, b"GET /?q=" + name * 1000 + b" HTTP/1.1", b"GET / HTTP/1.1\r\n" + name + b" x: 1")
    for head in asked:
        with socket.create_connection(("127.0.0.1", application), LIMIT) as one:
            one.sendall(head + b"\r\n\r\n")
            assert one.recv(12)[-3:] in (b"400", b"414")
    told = [json.loads(line) for line in (tmp_path / "gunicorn.log").read_text().splitlines()]
    assert [line["message"] for line in told].count("Invalid request") == len(asked)
    assert name.decode() not in json.dumps(told)


@pytest.mark.parametrize("application", [1], indirect=True)
def test_without_the_proxy_they_take_every_thread(application):
    """Control: a worker's four threads wait for the rest of forty requests, whichever half has come."""
    for kind in (HALF_A_HEAD, HALF_A_BODY):
        with slow_clients(application, 40, tls=False, kinds=(kind,)):
            time.sleep(1)
            line = http.client.HTTPConnection("127.0.0.1", application, timeout=5)
            line.request("GET", "/livez", headers={"Host": HOST})
            with pytest.raises(TimeoutError):
                line.getresponse()
            line.close()
