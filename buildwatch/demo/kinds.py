"""The kinds of server the demo can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from buildwatch.demo import branches, company
from buildwatch.demo.drone2_site import Drone2Site
from buildwatch.demo.early.generations import DRONE_0_5, DRONE_0_7, DRONE_0_8, Generation
from buildwatch.demo.early.habits import EarlyHabits
from buildwatch.demo.early.site import EarlySite
from buildwatch.demo.habits import Drone2Habits, Habits
from buildwatch.demo.site import Parts, Site
from buildwatch.demo.templates import Project
from buildwatch.demo.woodpecker.habits import WoodpeckerHabits
from buildwatch.demo.woodpecker.site import WoodpeckerSite
from buildwatch.demo.world import World

Kind = Literal["drone-2", "drone-0.8", "drone-0.7", "drone-0.5", "woodpecker"]


@dataclass(frozen=True, slots=True)
class Making:
    """How to make a server of one kind: its repos, what it does with builds, and what it says."""

    projects: tuple[Project, ...]
    habits: Callable[[World], Habits]
    site: Callable[[Parts], Site]


def _early(generation: Generation, projects: tuple[Project, ...]) -> Making:
    def site(parts: Parts) -> Site:
        habits = parts.world.habits
        if not isinstance(habits, EarlyHabits):
            raise TypeError("an early Drone has habits of its own")
        return EarlySite(parts, habits, generation)

    return Making(projects, partial(EarlyHabits, generation=generation), site)


def _woodpecker(parts: Parts) -> Site:
    habits = parts.world.habits
    if not isinstance(habits, WoodpeckerHabits):
        raise TypeError("Woodpecker has habits of its own")
    return WoodpeckerSite(parts, habits)


KINDS: dict[Kind, Making] = {
    "drone-2": Making(company.PROJECTS, Drone2Habits, Drone2Site),
    "drone-0.8": _early(DRONE_0_8, branches.WAREHOUSE),
    "drone-0.7": _early(DRONE_0_7, branches.OUTLET),
    "drone-0.5": _early(DRONE_0_5, branches.CELLAR),
    "woodpecker": Making(branches.WORKSHOP, WoodpeckerHabits, _woodpecker),
}
