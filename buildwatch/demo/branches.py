"""The company's other repos, each set on an older server or on one of another make."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from buildwatch.demo.company import project
from buildwatch.demo.templates import Axis, Project, flat


def _matrix(**values: tuple[str, ...]) -> tuple[Axis, ...]:
    """Every combination of the values, each a stage of its own."""
    return tuple(tuple(zip(values, cell, strict=True)) for cell in product(*values.values()))


def _old(slug: str, language: str, **how: Any) -> Project:
    """A repo of a server that knows no stages but those of a matrix."""
    made = project(slug, language, default_branch="master", **how)
    return replace(made, stages=flat(made.stages))


_BOTH = ("staging", "production")

WAREHOUSE = (
    _old("warehouse/picking", "java", weight=3, targets=_BOTH, scene="half done"),
    _old("warehouse/stock-api", "go", weight=4, axes=_matrix(GO_VERSION=("1.21", "1.22"), DB=("pg", "sqlite"))),
    _old("warehouse/labels", "python", flaky=0.2, targets=("production",)),
    _old("warehouse/scanner", "mobile", fails=0.15),
    _old("logistics/routes", "rust", slows=0.6, scene="long"),
    _old("logistics/carriers", "python", axes=_matrix(PYTHON=("3.11", "3.12")), scene="begun"),
    _old("logistics/customs", "java", private=True, protected=True, fails=0.2, scene="blocked"),
    _old("logistics/images", "images", weight=1, scene="stuck"),
)
OUTLET = (
    _old("outlet/shopfront", "node", weight=4, targets=_BOTH, scene="half done"),
    _old("outlet/vouchers", "go", weight=3, axes=_matrix(GO_VERSION=("1.16", "1.17"))),
    _old("outlet/returns", "python", flaky=0.15, axes=_matrix(PYTHON=("3.8", "3.9"), DB=("pg", "mysql"))),
    _old("outlet/tills", "java", private=True, fails=0.2, scene="begun"),
    _old("outlet/loyalty", "python", protected=True, targets=("production",), scene="blocked"),
    _old("kiosk/firmware", "rust", scene="long"),
    _old("kiosk/images", "images", weight=1, scene="stuck"),
)
CELLAR = (
    _old("cellar/mainframe-bridge", "java", weight=3, fails=0.25, scene="half done"),
    _old("cellar/fax-gateway", "go", weight=2, axes=_matrix(GO_VERSION=("1.7", "1.8"))),
    _old("cellar/ledger-export", "python", axes=_matrix(PY=("2.7", "3.6"), DB=("pg", "sqlite"))),
    _old("cellar/intranet", "node", private=True, targets=("production",), scene="begun"),
    _old("cellar/payroll", "java", private=True, flaky=0.2),
    _old("cellar/archiver", "rust", scene="long"),
)
WORKSHOP = (
    project("workshop/recommender", "python", weight=3, slows=0.5, targets=_BOTH, scene="half done"),
    project("workshop/vision", "rust", crons=("nightly",), scene="long"),
    project("workshop/chat", "node", weight=4, targets=("production",), scene="begun"),
    project("workshop/sdk-go", "go", weight=3, axes=_matrix(GO_VERSION=("1.22", "1.23", "1.24"))),
    project("workshop/sdk-python", "python", flaky=0.1, axes=_matrix(PYTHON=("3.12", "3.13"))),
    project("robots/firmware", "mobile", fails=0.2),
    project("robots/fleet", "terraform", private=True, protected=True, crons=("drift",), scene="blocked"),
    project("robots/images", "images", weight=1, scene="stuck"),
)
