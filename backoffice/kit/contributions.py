"""Contributions to other areas' pages: panels, links, steps and whole pages.

Areas do not know each other. The page of a patient shows their orders because the orders area says so here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.db.models import Model
from django.urls import URLPattern
from unfold.sites import UnfoldAdminSite

from backoffice.kit.panels import Panel
from core.actor import Actor

if TYPE_CHECKING:
    from backoffice.kit.steps import Step


class BuildPanel(Protocol):
    """Builds a panel for a row from what the actor may see; None if there is nothing to show."""

    def __call__(self, row: Any, /, *, by: Actor, at: datetime) -> Panel | None: ...


class BuildWarnings(Protocol):
    """Returns the warnings to show before anything is done with a row."""

    def __call__(self, row: Any, /, *, by: Actor) -> list[Any]: ...


class BuildLink(Protocol):
    """Builds a link of a row as (label, address); None if this actor cannot follow it."""

    def __call__(self, row: Any, /, *, by: Actor) -> tuple[str, str] | None: ...


PanelBuilder = TypeVar("PanelBuilder", bound=BuildPanel)
WarningsBuilder = TypeVar("WarningsBuilder", bound=BuildWarnings)
LinkBuilder = TypeVar("LinkBuilder", bound=BuildLink)
Line = TypeVar("Line", bound=Callable[[Any], str])
Pages = Callable[[UnfoldAdminSite], list[URLPattern]]

_panels: dict[type[Model], list[tuple[int, BuildPanel]]] = defaultdict(list)
_warnings: dict[type[Model], list[BuildWarnings]] = defaultdict(list)
_links: dict[type[Model], list[tuple[int, BuildLink]]] = defaultdict(list)
_steps: dict[type[Model], list[Step]] = defaultdict(list)
_lines: dict[type[Model], Callable[[Any], str]] = {}
_pages: list[Pages] = []


def panel_of(model: type[Model], *, order: int) -> Callable[[PanelBuilder], PanelBuilder]:
    """Decorator: show the panel on the page of each row of `model`, in ascending `order`."""

    def add(build: PanelBuilder) -> PanelBuilder:
        _panels[model].append((order, build))
        return build

    return add


def panels_for(row: Model, *, by: Actor, at: datetime, orders: range = range(1000)) -> list[Panel]:
    """Return the panels of all areas for the page of this row; with `orders`, only those with such an order."""
    builders = sorted(_panels[type(row)], key=lambda one: one[0])
    made = [build(row, by=by, at=at) for order, build in builders if order in orders]
    return [panel for panel in made if panel is not None]


def warnings_of(model: type[Model]) -> Callable[[WarningsBuilder], WarningsBuilder]:
    """Decorator: show the warnings at the top of the page of each row of `model`."""

    def add(build: WarningsBuilder) -> WarningsBuilder:
        _warnings[model].append(build)
        return build

    return add


def warnings_for(row: Model, *, by: Actor) -> list[Any]:
    """Return the warnings of all areas for the page of this row."""
    return [warning for build in _warnings[type(row)] for warning in build(row, by=by)]


def link_of(model: type[Model], *, order: int) -> Callable[[LinkBuilder], LinkBuilder]:
    """Decorator: show the link on the page of each row of `model`, in ascending `order`."""

    def add(build: LinkBuilder) -> LinkBuilder:
        _links[model].append((order, build))
        return build

    return add


def links_for(row: Model, *, by: Actor) -> list[tuple[str, str]]:
    """Return the links of all areas for the page of this row."""
    made = [build(row, by=by) for _order, build in sorted(_links[type(row)], key=lambda one: one[0])]
    return [link for link in made if link is not None]


def add_step(model: type[Model], step: Step) -> None:
    """Add a step to the rows of a model whose list belongs to another area."""
    _steps[model].append(step)


def added_steps(model: type[Model]) -> tuple[Step, ...]:
    """Return the steps that other areas add to the rows of this model."""
    return tuple(_steps[model])


def line_of(model: type[Model]) -> Callable[[Line], Line]:
    """Decorator: describe a row of `model` in one line, for lists of mixed rows."""

    def add(line: Line) -> Line:
        _lines[model] = line
        return line

    return add


def line_for(row: Model) -> str:
    """Return the row in one line, as its area describes it."""
    return _lines.get(type(row), str)(row)


def site_pages(pages: Pages) -> Pages:
    """Decorator: mount pages other than model lists; the function gets the site and returns their routes."""
    _pages.append(pages)
    return pages


def all_site_pages(site: UnfoldAdminSite) -> list[URLPattern]:
    """Return the routes of every such page."""
    return [route for pages in _pages for route in pages(site)]
