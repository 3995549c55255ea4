from __future__ import annotations

from typing import Any

import pytest

from covpath.terms import Tri
from covpath.workflow.triggers import signal_of


@pytest.mark.parametrize(
    ("on", "pull_request", "merge_queue"),
    [
        ("pull_request", Tri.TRUE, Tri.FALSE),
        (["push", "pull_request"], Tri.TRUE, Tri.FALSE),
        ({"pull_request": None}, Tri.TRUE, Tri.FALSE),
        ({"pull_request_target": None}, Tri.TRUE, Tri.FALSE),
        ({"pull_request": {"branches": ["main"]}}, Tri.TRUE, Tri.FALSE),
        ({"pull_request": {"types": ["opened", "synchronize", "closed"]}}, Tri.TRUE, Tri.FALSE),
        ({"pull_request": {"types": ["opened"]}}, Tri.UNKNOWN, Tri.FALSE),
        ({"pull_request": {"types": ["labeled"]}}, Tri.UNKNOWN, Tri.FALSE),
        ({"pull_request": {"types": "closed"}}, Tri.FALSE, Tri.FALSE),
        ({"pull_request": {"branches": ["!main"]}}, Tri.FALSE, Tri.FALSE),
        # a push to the pull request's own branch counts, one to named branches comes after the merge
        ("push", Tri.TRUE, Tri.FALSE),
        ({"push": {"branches": ["main", "develop"]}}, Tri.FALSE, Tri.FALSE),
        ({"push": {"branches": "main"}}, Tri.FALSE, Tri.FALSE),
        ({"push": {"branches": ["**"]}}, Tri.TRUE, Tri.FALSE),
        ({"push": {"branches": ["main", "release/**"]}}, Tri.UNKNOWN, Tri.FALSE),
        ({"push": {"branches-ignore": ["main"]}}, Tri.TRUE, Tri.FALSE),
        ({"push": {"branches-ignore": ["**"]}}, Tri.FALSE, Tri.FALSE),
        ({"push": {"tags": ["v*"]}}, Tri.FALSE, Tri.FALSE),
        ({"push": {"tags": ["v*"], "branches": ["**"]}}, Tri.TRUE, Tri.FALSE),
        ({"push": {"paths": ["src/**"]}}, Tri.TRUE, Tri.FALSE),
        # the merge queue
        ("merge_group", Tri.FALSE, Tri.TRUE),
        ({"merge_group": {"types": ["checks_requested"]}, "pull_request": None}, Tri.TRUE, Tri.TRUE),
        # no signal
        ({"schedule": [{"cron": "0 0 * * *"}], "workflow_dispatch": None}, Tri.FALSE, Tri.FALSE),
        ("issue_comment", Tri.FALSE, Tri.FALSE),
        ({"workflow_run": {"workflows": ["CI"]}}, Tri.FALSE, Tri.FALSE),
        ({}, Tri.FALSE, Tri.FALSE),
        (None, Tri.FALSE, Tri.FALSE),
        # not to be told from here
        ({"workflow_call": {"inputs": {}}}, Tri.UNKNOWN, Tri.UNKNOWN),
        ("deployment_status", Tri.UNKNOWN, Tri.FALSE),
    ],
)
def test_signal(on: Any, pull_request: Tri, merge_queue: Tri) -> None:
    signal = signal_of(on)
    assert (signal.pull_request, signal.merge_queue) == (pull_request, merge_queue)


def test_a_given_branch_is_held_against_the_filters() -> None:
    on = {"pull_request": {"branches": ["main", "release/*"]}, "push": {"branches": ["release/**"]}}
    assert signal_of(on, base="release/1").pull_request is Tri.TRUE
    assert signal_of(on, base="develop").pull_request is Tri.UNKNOWN
    assert signal_of(on, base="develop", head="fix").pull_request is Tri.FALSE
    assert signal_of(on, base="develop", head="release/fix").pull_request is Tri.TRUE
    assert signal_of({"pull_request": {"branches-ignore": ["docs"]}}, base="docs").pull_request is Tri.FALSE


def test_filters_keep_checks_away_only_where_every_event_has_one() -> None:
    filtered = {"pull_request": {"paths": ["src/**"]}}
    assert signal_of(filtered).path_filtered
    assert not signal_of(filtered | {"push": None}).path_filtered
    assert signal_of(filtered | {"push": {"branches": ["main"]}}).path_filtered
    assert not signal_of({"push": {"branches": ["main"], "paths": ["src/**"]}}).path_filtered
    assert signal_of({"pull_request": {"branches": ["main"]}}).branch_filtered


def test_a_fork_gets_no_checks_from_a_push() -> None:
    assert not signal_of("push").forks
    assert signal_of(["push", "pull_request"]).forks


def test_every_event_has_its_reason_and_place() -> None:
    signal = signal_of({"workflow_call": None, "schedule": [], "push": {"branches": ["main"]}})
    assert signal.called
    assert [reason.code for reason in signal.reasons] == ["called", "no-signal", "no-signal"]
    assert [event.route for event in signal.events] == [("workflow_call",), ("schedule",), ("push",)]
    assert [event.route for event in signal_of(["push"]).events] == [(0,)]
