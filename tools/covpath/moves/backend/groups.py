"""Which commands of a job belong together: a run and what reports from it."""

from __future__ import annotations

from collections.abc import Sequence

from covpath.backends.contract import Role
from covpath.moves.backend.sites import Site
from covpath.workflow.shell.spans import Around


def grouped(found: Sequence[Site]) -> list[list[Site]]:
    """The sites by measurement: each run that reports by itself is one, with the commands around it.

    Runs that only leave data are put together by the report that follows them.
    """
    groups: list[list[Site]] = []
    waiting: list[Site] = []
    for site in found:
        role = site.recognition.role
        if role is Role.BOTH:
            groups.append([*waiting, site])
            waiting = []
        elif role is Role.WRITES_REPORT and groups and not _runs(waiting):
            groups[-1] += [*waiting, site]
            waiting = []
        elif role is Role.WRITES_REPORT:
            groups.append([*waiting, site])
            waiting = []
        else:
            waiting.append(site)
    if waiting and groups and not _runs(waiting):
        groups[-1] += waiting
    elif waiting:
        groups.append(waiting)
    return groups


def looped(group: Sequence[Site]) -> Site | None:
    """A run in a loop whose data a report outside of that loop puts together, if there is one."""
    reports = [site for site in group if site.recognition.role is Role.WRITES_REPORT]
    for site in group:
        if site.recognition.role is not Role.MEASURES or site.outer is None:
            continue
        loops = [one for one in site.outer.context if one.around is Around.LOOP_BODY]
        for report in reports:
            same = report.step.index == site.step.index and report.outer is not None
            within = report.outer.context if same and report.outer is not None else ()
            if any(loop not in within for loop in loops):
                return site
    return None


def _runs(sites: Sequence[Site]) -> bool:
    return any(site.recognition.role is Role.MEASURES for site in sites)
