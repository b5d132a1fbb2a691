"""What `bench.worker` is asked: to open a page, to compare a list with the bare view, to run a piece of work."""

from __future__ import annotations

import base64
import gc
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from unittest.mock import patch

import orjson

from bench import bare, works
from bench.answers import rows_in
from bench.contract_reads import Ids, contract_lists, contract_objects
from bench.people import KEY, KEY_OF_PATIENT, LATER_KEY, hold, make_people
from bench.worker import Statements, measured, rss_mb

KEYS = {"manager": KEY, "patient": KEY_OF_PATIENT, "later": LATER_KEY}
# Typed into every search: a common word, two common words, two of one patient, a number's beginning and end, a day.
# They find as many on a page of a small clinic as of a large one (`bench.clinic`).
# The end of a number is also one of a care plan and of what the history is of, in both.
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
TYPED = ("pop", "ana ionescu", "conti 0000131", "0700000", "0000499", str(YESTERDAY), "nobody")
LONG_ENOUGH = 1.2  # seconds for one list beside the bare view
PLAIN, PLAIN_ROUNDS = 0.95, 4  # a ratio so far above its goal after so many rounds is not measured further
ALIKE = {"specialist": 3, "practice": 2}  # filters of whose choices so many are measured: the others ask the same
GROWS = 50  # rows, in the small clinic
DIFFERENT = 60  # pages that are asked in turns, of all kinds
USES = 6  # of a page until it is known: psycopg prepares a statement at its fifth


class Asking:
    """The people who ask, and what they ask."""

    def __init__(self) -> None:
        from rest_framework.throttling import SimpleRateThrottle

        for name in SimpleRateThrottle.THROTTLE_RATES:
            SimpleRateThrottle.THROTTLE_RATES[name] = "1000000/minute"

    @cached_property
    def ids(self) -> Ids:
        """What names in the contracts' addresses stand for."""
        return Ids()

    @cached_property
    def people(self) -> dict[str, Any]:
        """Clients that are signed in. The manager has a second key, made now: later than the statistics of a clinic
        that was filled just before."""
        from django.test import Client

        users = make_people()
        hold(users["manager"], LATER_KEY)
        clients = {name: Client(raise_request_exception=False) for name in users}
        for name, client in clients.items():
            client.force_login(users[name])
        return clients

    def get(self, url: str, who: str) -> dict[str, Any]:
        """Open a page; `{patients.patient}` in its address stands for the id of the middle row."""
        client, address = self.people[who], self.completed(url)

        def call() -> dict[str, Any]:
            response = client.get(address)
            answers.append(response)
            return {"status": response.status_code, "bytes": len(response.content)}

        answers: list[Any] = []
        told = measured(call)
        return {**told, "rows": rows_in(answers[0])}

    def completed(self, url: str) -> str:
        """The address with an id in the place of each model (`:uuid`: with its public one)."""
        return re.sub(r"\{([a-z_]+\.[a-z_]+)(:uuid)?\}", lambda found: str(middle(found[1], found[2] or "")), url)

    def work(self, name: str) -> dict[str, Any]:
        """Run one of `bench.works`; what it writes is rolled back."""
        return measured(works.WORKS[name])

    def against_bare(self, url: str, scheme: str, who: str, rounds: int) -> dict[str, Any]:
        """A list of a contract beside the bare view with the same statements, in turns."""
        from django.db import connection
        from django.test import Client

        assert self.people  # and with them the key
        client: Any = Client(raise_request_exception=False)
        address, mine, bearer = self.ids.completed(url), key_in(scheme, KEYS[who]), f"Bearer {KEYS[who]}"

        def ours() -> Any:
            return client.get(address, **mine)

        def other() -> Any:
            return client.get("/bare", HTTP_AUTHORIZATION=bearer)

        def ready() -> Any:
            return client.get("/ready", HTTP_AUTHORIZATION=bearer)

        first = ours()
        if first.status_code != 200:
            return {"error": f"status {first.status_code}"}
        bare.STATEMENTS.clear()
        ready()
        statements, signing_in = Statements(), Statements()
        with connection.execute_wrapper(signing_in):
            ready()
        with connection.execute_wrapper(statements), querysets() as made:
            ours()
        said = without(signing_in.said, statements.said)
        bare.STATEMENTS[:] = [(sql, params, made_by(sql, made)) for sql, params, _ms in said]
        found = [len(part) for part in orjson.loads(other().content)]
        rows = max(found, default=0) if said else rows_in(first)
        ready()
        times: list[tuple[float, float, float]] = []
        end = time.monotonic() + LONG_ENOUGH
        for number in range(rounds):
            if times and (time.monotonic() > end or is_plain(times)):
                break
            if number % 2:
                times.append((timed(ours), timed(other), timed(ready)))
            else:
                third, second = timed(ready), timed(other)
                times.append((timed(ours), second, third))
        a, b, c = map(min, zip(*times, strict=True))  # other work on the machine only adds to a time
        sql_ms = sum(ms for _sql, _params, ms in said)
        answered = {"rows": rows, "shown": rows_in(first)}
        return {"ms": a, "bare_ms": b, "ready_ms": c, "queries": len(said), "sql_ms": sql_ms, **answered}

    def read(self, url: str, scheme: str, who: str) -> dict[str, Any]:
        """An object of a contract."""
        from django.test import Client

        assert self.people
        client: Any = Client(raise_request_exception=False)
        address, mine = self.ids.completed(url), key_in(scheme, KEYS[who])
        answers: list[Any] = []

        def call() -> dict[str, Any]:
            answers.append(client.get(address, **mine))
            return {"status": answers[0].status_code}

        told = measured(call)
        return {**told, "rows": rows_in(answers[0])}

    def session(self) -> dict[str, Any]:
        """The cookie of the superuser."""
        from django.conf import settings

        return {"session": self.people["boss"].cookies[settings.SESSION_COOKIE_NAME].value}

    def memory(self, requests: int) -> dict[str, Any]:
        """What this process has before and after so many pages, which it knows already."""
        every = [one["url"] for one in self.pages()["pages"]]
        pages = [self.completed(url) for url in every[:: len(every) // DIFFERENT]]
        serve = as_a_server(self.people["boss"])
        for page in pages * USES:
            serve(page)
        before = held_mb()
        for number in range(requests):
            serve(pages[number % len(pages)])
        return {"before_mb": before, "after_mb": held_mb(), "requests": requests}

    def pages(self) -> dict[str, Any]:
        """Every list of the back office with its pages, searches, filters and sorts; every other page; every list of
        every contract."""
        from django.contrib import admin

        boss = self.people["boss"]
        found: list[dict[str, Any]] = []
        offered: set[Any] = set()
        for model, model_admin in admin.site._registry.items():
            label, name = model._meta.label_lower, f"admin:{model._meta.app_label}_{model._meta.model_name}"
            # What grows with the clinic is measured in all its ways; the catalogue is as small in a large one.
            grows = model._base_manager.count() >= GROWS
            lists = list(list_pages(boss, name, model_admin)) if grows else [("list", list_url(name))]
            found += [{"name": f"{label} {what}", "url": url} for what, url in lists]
            found += [{"name": f"{label} {what}", "url": url} for what, url in form_pages(name, label)]
            for field in model_admin.autocomplete_fields:
                kind = model._meta.get_field(field).related_model
                if kind in offered:
                    continue
                offered.add(kind)
                for word in ("", *TYPED[:3:2]):
                    url = offer(model._meta, field, word)
                    found.append({"name": f"search box of {field} “{word}”", "url": url})
        found += [{"name": name, "url": url} for name, url in other_pages(admin.site)]
        return {"pages": found, "lists": list(contract_lists()), "objects": list(contract_objects())}


def as_a_server(client: Any) -> Callable[[str], None]:
    """Answer an address as a server does; the test client keeps three receivers of signals for each of its own."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    handler: Any = WSGIHandler()
    asked = RequestFactory()
    asked.cookies = client.cookies

    def serve(url: str) -> None:
        answer = handler(asked.get(url).environ, lambda *_args: None)
        for _part in answer:
            pass
        answer.close()

    return serve


def held_mb() -> float:
    """The memory of this process, without what nothing refers to any more."""
    gc.collect()
    return rss_mb()


@contextmanager
def querysets() -> Iterator[dict[str, Callable[[], Any]]]:
    """By the text of each prepared statement that is asked for meanwhile: what makes its queryset."""
    from core.prepared import Prepared

    made: dict[str, Callable[[], Any]] = {}
    ready = Prepared._made

    def noted(prepared: Prepared, **how: Any) -> Any:
        found = ready(prepared, **how)
        made[found.sql] = prepared.make
        return found

    with patch.object(Prepared, "_made", noted):
        yield made


def made_by(sql: str, made: Mapping[str, Callable[[], Any]]) -> Callable[[], Any] | None:
    """What makes the queryset of this statement, or of the one whose rows it counts; None for any other statement."""
    text = max((one for one in made if one in sql), key=len, default="")
    return made[text] if text else None


def without(few: list[Any], said: list[Any]) -> list[Any]:
    """What was said, less the statements of `few`, each as often as it is among them."""
    left = Counter(sql for sql, _params, _ms in few)
    kept = []
    for one in said:
        if left[one[0]]:
            left[one[0]] -= 1
        else:
            kept.append(one)
    return kept


def is_plain(times: list[tuple[float, float, float]]) -> bool:
    """Whether ours is so fast beside the bare view that more rounds would tell nothing new."""
    ours, other, _ready = map(min, zip(*times, strict=True))
    return len(times) >= PLAIN_ROUNDS and other / ours >= PLAIN


def key_in(scheme: str, key: str) -> dict[str, str]:
    """The header with this key."""
    if scheme == "X-User-Token":
        return {"HTTP_X_USER_TOKEN": key}
    text = base64.b64encode(f"{key}:".encode()).decode() if scheme == "Basic" else key
    return {"HTTP_AUTHORIZATION": f"{scheme} {text}"}


def timed(call: Any) -> float:
    """Milliseconds of a call."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def middle(label: str, public: str = "") -> Any:
    """The id, or the public one, of a row from the middle of its table."""
    from django.apps import apps
    from django.db.models import Max, Min

    model = apps.get_model(label)
    bounds = model._base_manager.aggregate(first=Min("pk"), last=Max("pk"))
    if bounds["first"] is None:
        return 0
    found = (bounds["first"] + bounds["last"]) // 2
    return model._base_manager.values_list("uuid", flat=True).get(pk=found) if public else found


def list_pages(client: Any, name: str, model_admin: Any) -> Iterator[tuple[str, str]]:
    """The list as it opens, its third page, and each search, filter and sort alone."""
    url = list_url(name)
    response = client.get(url)
    context = response.context_data if hasattr(response, "context_data") else None
    shown = context.get("cl") if context else None
    yield "list", url
    if shown is None:
        return
    yield "list, page 2", f"{url}?p=2"
    if model_admin.search_fields:
        for word in TYPED:
            yield f"search “{word}”", f"{url}?q={word}"
    choices = [("when", one) for one in shown.quick]
    for spec in shown.filter_specs:
        offered = [one for one in spec.choices(shown) if not one.get("selected")]
        choices += [(spec.title, one) for one in offered[: ALIKE.get(str(spec.title))]]
    for title, choice in choices:
        if not choice.get("selected") and (query := choice.get("query_string")):
            yield f"filter {title}: {choice['display']}", url + query
    for number, column in enumerate(shown.list_display):
        if column in shown.sortable_by and shown.get_ordering_field(column):
            yield f"sort by {column}", f"{url}?o={number}"
            yield f"sort by {column}, down", f"{url}?o=-{number}"


def list_url(name: str) -> str:
    """The address of a list."""
    from django.urls import reverse

    return reverse(f"{name}_changelist")


def form_pages(name: str, label: str) -> Iterator[tuple[str, str]]:
    """A row's page, its history, and the empty form."""
    from django.urls import NoReverseMatch, reverse

    for what, args in (("add", ()), ("change", (1,)), ("history", (1,))):
        try:
            url = reverse(f"{name}_{what}", args=args)
        except NoReverseMatch:
            continue
        yield what, url.replace("/1/", f"/{{{label}}}/") if args else url


def offer(meta: Any, field: str, word: str) -> str:
    """The address of a search box."""
    from django.urls import reverse

    asked = f"app_label={meta.app_label}&model_name={meta.model_name}&field_name={field}&term={word}"
    return f"{reverse('admin:autocomplete')}?{asked}"


def other_pages(site: Any) -> Iterator[tuple[str, str]]:
    """The start page, the palette, the calendar and whatever else stands by itself."""
    from django.urls import NoReverseMatch, reverse

    yield "start page", reverse("admin:index")
    for word in TYPED:
        yield f"palette “{word}”", f"{reverse('admin:search')}?s={word}"
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday())
    for what, first, last in (("a day", today, today), ("a week", monday, monday + timedelta(days=6))):
        yield f"page calendar_events, {what}", f"{reverse('admin:calendar_events')}?first={first}&last={last}"
    for pattern in site.extra_urls():
        try:
            yield f"page {pattern.name}", reverse(f"admin:{pattern.name}")
        except NoReverseMatch:
            continue
