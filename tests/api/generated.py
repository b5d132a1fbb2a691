"""Clients that a public generator makes of our OpenAPI documents, and how they are called."""

import importlib
import inspect
import json
import pkgutil
import re
import sys
from datetime import datetime
from pathlib import Path

from django.conf import settings
from openapi_python_client import Config, MetaType, generate
from openapi_python_client.config import ConfigFile

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T")


def generated_client(folder, contract):
    """The package that the generator makes of a contract's document, without a single complaint."""
    name = f"{contract}_client"
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source=Path(settings.BASE_DIR, f"docs/schema/{contract}.yaml"),
        file_encoding="utf-8",
        overwrite=True,
        output_path=folder / name,
    )
    assert generate(config=config) == []
    sys.path.insert(0, str(folder))
    try:
        package = importlib.import_module(name)
        for _finder, module, _is_package in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module)
    finally:
        sys.path.remove(str(folder))
    return package


def operations(package):
    """Every operation's module by its name."""
    found = {}
    for tag in pkgutil.iter_modules([str(Path(package.__file__).parent / "api")]):
        tags = importlib.import_module(f"{package.__name__}.api.{tag.name}")
        for one in pkgutil.iter_modules(tags.__path__):
            found[one.name] = importlib.import_module(f"{tags.__name__}.{one.name}")
    return found


class Calls:
    """Calls operations of a generated package by name, and compares what it read with what was sent."""

    def __init__(self, package, client):
        self.package, self.client, self.known = package, client, operations(package)
        self.called = set()

    def __call__(self, name, body=None, /, *, upload=None, **given):
        """What the operation answers, as the client's types have it, to the last field; `upload` are a form's files."""
        self.called.add(name)
        signature = inspect.signature(self.known[name].sync_detailed)
        if body is not None or upload is not None:
            kind = typed(self.package, signature.parameters["body"].annotation)
            given["body"] = kind(**upload) if upload is not None else kind.from_dict(body)
        response = self.known[name].sync_detailed(client=self.client, **given)
        assert response.status_code in (200, 201, 204), (name, response.status_code, response.content)
        if response.status_code == 204:
            assert response.content == b""
            return None
        assert type(response.parsed).__name__ not in ("Error", "NoneType"), (name, response.content)
        if hasattr(response.parsed, "to_dict"):
            assert comparable(response.parsed.to_dict()) == comparable(json.loads(response.content)), name
        return response.parsed


def typed(package, annotation):
    """The class of a body, which the generated module names as text or as itself."""
    if not isinstance(annotation, str):
        return next(one for one in getattr(annotation, "__args__", (annotation,)) if hasattr(one, "from_dict"))
    models = importlib.import_module(f"{package.__name__}.models")
    return getattr(models, annotation.split("|")[0].strip())


def comparable(value):
    """The value with each date-time as what it is, however it is spelt."""
    if isinstance(value, dict):
        return {name: comparable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    if isinstance(value, str) and MOMENT.match(value):
        return datetime.fromisoformat(value)
    return value
