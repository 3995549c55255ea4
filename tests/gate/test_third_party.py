"""Settings of others: Codecov's statuses, the checks that Mergify waits for, and what it makes of red ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from covpath.errors import InputError
from covpath.gate.blocking import ACTIONS, blocking
from covpath.gate.checks import CheckPattern
from covpath.gate.required import CODECOV_PATHS, MERGIFY_PATHS, UNKNOWN_REQUIRED, from_names
from covpath.gate.services.codecov_status import percentage, read_codecov, without_file
from covpath.gate.services.mergify import MOST_CONDITIONS, PROTECTIONS, read_mergify
from covpath.gate.services.mergify_merging import Red, held
from covpath.terms import Blocks, Tri
from gate.service_cases import CASES, codecov_lines, mergify_lines
from shared_data import shared_path


def cases(folder: str) -> list[Path]:
    return sorted((CASES / folder).iterdir())


@pytest.mark.parametrize("case", cases("codecov"), ids=lambda case: case.name)
def test_the_statuses_of_codecov(case: Path) -> None:
    assert "".join(f"{line}\n" for line in codecov_lines(case)) == (case / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", cases("mergify"), ids=lambda case: case.name)
def test_what_mergify_waits_for(case: Path) -> None:
    assert "".join(f"{line}\n" for line in mergify_lines(case)) == (case / "expected.txt").read_text(encoding="utf-8")


def test_without_settings_only_the_patch_is_certainly_posted() -> None:
    assert {one.name: one.posted for one in without_file().statuses} == {
        "codecov/project": Tri.UNKNOWN,
        "codecov/patch": Tri.TRUE,
    }


@pytest.mark.parametrize(
    ("written", "number"),
    [("80%", 80.0), ("80", 80.0), (" 75.5 % ", 75.5), ("auto", None), (None, None), ("", None), ("8" * 40, None)],
)
def test_figures(written: str | None, number: float | None) -> None:
    assert percentage(written) == number


@pytest.mark.parametrize("text", ["", "queue_rules: 1\n", "- a\n", "queue_rules: [1, {name: x}]\n", "extends: null\n"])
def test_a_file_without_conditions_holds_nothing_back(text: str) -> None:
    red = Red(certain=(CheckPattern("x", certain=True),), possible=(), by=ACTIONS)
    assert held(read_mergify(".mergify.yml", text.encode()), red).value is Tri.FALSE


@pytest.mark.parametrize("read", [read_codecov, read_mergify])
def test_what_is_no_yaml_is_refused_with_its_place(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as refused:
        read("x.yml", b"a: [")
    assert refused.value.place is not None


WAITS = "queue_rules: [{name: default, merge_conditions: [check-success=a]}]\n"


@pytest.mark.parametrize(
    ("certain", "possible", "value"),
    [
        ([CheckPattern("a", certain=True)], [], Tri.TRUE),
        ([CheckPattern("b", certain=True)], [], Tri.FALSE),
        ([CheckPattern("b", certain=True)], [CheckPattern("a", certain=True)], Tri.UNKNOWN),
        ([CheckPattern("a*")], [], Tri.UNKNOWN),
        ([CheckPattern("b*")], [], Tri.FALSE),
    ],
)
def test_what_is_not_known_of_a_check_is_not_known_of_mergify(
    certain: list[CheckPattern], possible: list[CheckPattern], value: Tri
) -> None:
    required = replace(UNKNOWN_REQUIRED, mergify=read_mergify(".mergify.yml", WAITS.encode()))
    assert blocking(required, certain, possible).held is value


def test_the_protections_check_is_one_that_may_turn_red() -> None:
    text = "merge_protections: [{name: ci, if: [], success_conditions: [check-success=a]}]\n"
    red = [CheckPattern("a", certain=True)]
    for names, value in ((None, Blocks.IF_REQUIRED), ([PROTECTIONS], Blocks.UNKNOWN), (["b"], Blocks.NO)):
        known = UNKNOWN_REQUIRED if names is None else from_names(names, "a test")
        told = blocking(replace(known, mergify=read_mergify(".mergify.yml", text.encode())), red, [])
        assert (told.value, PROTECTIONS in told.checks) == (value, value is not Blocks.NO)
    elsewhere = f"merge_protections_settings: {{reporting_method: deployments}}\n{text}"
    required = replace(UNKNOWN_REQUIRED, mergify=read_mergify(".mergify.yml", elsewhere.encode()))
    assert blocking(required, red, []).checks == ("a",)


def test_the_first_file_is_the_one_that_is_read() -> None:
    assert (
        CODECOV_PATHS.index(".codecov.yml")
        < CODECOV_PATHS.index("codecov.yml")
        < CODECOV_PATHS.index("dev/codecov.yml")
    )
    assert MERGIFY_PATHS[0] == ".mergify.yml"


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)*b", "a*a*a*a*a*a*b", "a{1,100}{1,100}", "a" * 300])
def test_a_pattern_that_could_take_for_ever_is_not_tried(pattern: str) -> None:
    text = f"queue_rules: [{{name: default, merge_conditions: ['check-success~={pattern}']}}]\n"
    red = Red(certain=(CheckPattern("a" * 90 + "!", certain=True),), possible=(), by=ACTIONS)
    assert held(read_mergify(".mergify.yml", text.encode()), red).value is Tri.UNKNOWN


def test_a_file_that_asks_for_too_much_is_refused() -> None:
    some = "[" + ", ".join(f"check-success=c{number}" for number in range(MOST_CONDITIONS // 40)) + "]"
    rules = "".join(f"  - {{name: r{number}, conditions: *some, actions: {{merge: {{}}}}}}\n" for number in range(40))
    text = f"shared: &some {some}\npull_request_rules:\n{rules}"
    assert len(read_mergify(".mergify.yml", text.encode()).ways) == 40
    more = f"{text}  - {{name: more, conditions: [check-success=x], actions: {{merge: {{}}}}}}\n"
    with pytest.raises(InputError, match=r"asks for more than 1,000 checks"):
        read_mergify(".mergify.yml", more.encode())


KEYS = (
    *("coverage", "status", "project", "patch", "default", "informational", "target", "branches", "flag_management"),
    *("individual_flags", "name", "statuses", "type", "<<", "queue_rules", "merge_conditions", "or", "not", "extends"),
    *("pull_request_rules", "actions", "merge", "queue", "conditions", "merge_protections", "if", "success_conditions"),
    *("defaults", "queue_rule", "merge_protections_settings", "auto_merge_conditions", "disabled", "enabled"),
)
WORDS = ("off", "yes", "true", "80%", "0", "auto", "default", "check-success=a", "'#check-failure=0'", "''")
YAML = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=12,
)


@given(YAML)
def test_no_shape_of_settings_is_a_crash(text: str) -> None:
    for read in (read_codecov, read_mergify):
        try:
            found = read("x.yml", text.encode())
        except InputError:
            continue
        if read is read_mergify:
            red = Red(certain=(CheckPattern("a", certain=True),), possible=(), by=ACTIONS)
            assert held(found, red).value in Tri  # type: ignore[arg-type]


@pytest.mark.shared
def test_real_settings_are_read() -> None:
    files = [path for path in sorted(shared_path("corpus/config").rglob("*.y*ml")) if path.is_file()]
    codecov = [read_codecov("codecov.yml", path.read_bytes()) for path in files if "codecov" in path.name]
    mergify = [read_mergify(".mergify.yml", path.read_bytes()) for path in files if "mergify" in path.name]
    assert (len(codecov) > 50, len(mergify) > 1) == (True, True)
    quiet = sum(any(status.informational for status in one.statuses) for one in codecov)
    assert 0.1 < quiet / len(codecov) < 0.5
