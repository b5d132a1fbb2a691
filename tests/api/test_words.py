"""The words of the contracts: each in its folder, none of them below."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from api.base.operations import operations_of
from api.base.words import WordField, names_by_column, words_for
from orders.states import OrderStatus
from tests.project.permission_matrix import described, routes

pytestmark = pytest.mark.engine_independent

BELOW = ("billing", "scheduling", "programs", "orders", "catalog", "patients", "directory", "core")

PLAIN = {"treatments", "address", "job"}  # plain English, too, which our own screens and messages use


def wire_names():
    """What the contracts' inputs call a column otherwise than we do, and no column of ours is called."""
    columns = {field.name for model in apps.get_models() for field in model._meta.get_fields()}
    columns |= {getattr(field, "attname", "") for model in apps.get_models() for field in model._meta.get_fields()}
    taken = {one.takes for _path, route in routes() if hasattr(route, "cls") for one in operations_of(route).values()}
    pairs = [pair for one in taken - {None} for pair in names_by_column(one).items()]
    return {name.rpartition(".")[2] for column, name in pairs if column != name.rpartition(".")[2]} - columns - PLAIN


def is_head(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "From"


def test_no_wire_word_stands_below_the_contracts():
    names = wire_names()
    assert {"provider_id", "customer_id", "scheduled_at", "recurrence_rule"} <= names
    found = []
    for path in (path for app in BELOW for path in Path(settings.BASE_DIR, app).rglob("*.py")):
        tree = ast.parse(path.read_text())
        # How another system heads the columns of its files is no word of ours.
        heads = {id(one) for node in ast.walk(tree) if is_head(node) for one in ast.walk(node)}
        for node in (node for node in ast.walk(tree) if id(node) not in heads):
            said = {getattr(node, "arg", None)} if isinstance(node, ast.keyword | ast.arg) else set()
            said |= {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()
            found += [f"{path}:{node.lineno} {word}" for word in said & names]
    assert found == []


def test_a_state_without_a_word_stops_the_process():
    words = {state: str(state) for state in OrderStatus.values if state != OrderStatus.SHIPPED}
    with pytest.raises(TypeError, match=r"OrderStatus: no words for \['shipped'\]"):
        words_for(OrderStatus, words)
    assert WordField({**words, "shipped": "sent"}, "status").make("shipped") == "sent"


def test_no_status_goes_out_without_a_table_of_words():
    """A field that shows a column `status` as it stands would show a new state, too."""
    bare = [
        f"{one.gives.__name__}.{name}"
        for one, _method in described().values()
        if one.gives
        for name, field in one.gives._declared_fields.items()
        if (field.source or name) in ("status", "current_status") and not isinstance(field, WordField)
    ]
    assert bare == ["RegistrationBody.status"]  # which the view fills from the table
