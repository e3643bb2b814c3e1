"""The kinds of server the demo can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from buildwatch.demo import branches, company
from buildwatch.demo.drone2_site import Drone2Site
from buildwatch.demo.early.agents import Agents
from buildwatch.demo.early.generations import DRONE_0_5, DRONE_0_7, DRONE_0_8, Generation
from buildwatch.demo.early.site import EarlySite
from buildwatch.demo.habits import Drone2Habits, Habits
from buildwatch.demo.site import Parts, Site
from buildwatch.demo.templates import Project
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
        if not isinstance(habits, Agents):
            raise TypeError("an early Drone has agents")
        return EarlySite(parts, habits, generation)

    return Making(projects, partial(Agents, generation=generation), site)


KINDS: dict[Kind, Making] = {
    "drone-2": Making(company.PROJECTS, Drone2Habits, Drone2Site),
    "drone-0.8": _early(DRONE_0_8, branches.WAREHOUSE),
    "drone-0.7": _early(DRONE_0_7, branches.OUTLET),
    "drone-0.5": _early(DRONE_0_5, branches.CELLAR),
}
