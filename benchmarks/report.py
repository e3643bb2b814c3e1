"""How a benchmark tells what it found: a line for each thing measured, then each ratio against its target."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def times(name: str, seconds: Sequence[float]) -> None:
    """Median and least of seconds, in milliseconds."""
    amount(name, 1000 * median(seconds), "ms", f"least {1000 * min(seconds):.1f}, of {len(seconds)}")


def rates(name: str, rates: Sequence[float], what: str) -> None:
    """Median and greatest of a number a second."""
    amount(name, median(rates), f"{what}/s", f"most {max(rates):.0f}, of {len(rates)}")


def amount(name: str, value: float, unit: str, more: str = "") -> None:
    """One thing measured."""
    print(f"{name:<44}{value:>10.1f} {unit:<10}{more}")


def ratio(
    name: str,
    ours: Sequence[float],
    base: Sequence[float],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> None:
    """The median ratio of what was measured in turn, so that a busy minute counts for both, against the target."""
    ratios = [one / other for one, other in zip(ours, base, strict=True)]
    verdict(name, median(ratios), "×", at_most=at_most, at_least=at_least)


def verdict(name: str, value: float, unit: str, *, at_most: float | None = None, at_least: float | None = None) -> None:
    """A figure against its target."""
    met = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    bound = f"≤ {at_most:g}" if at_most is not None else f"≥ {at_least:g}"
    print(f"{name:<44}{value:>10.2f} {unit:<10}target {bound} {'met' if met else 'missed'}")
