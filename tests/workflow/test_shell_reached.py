from __future__ import annotations

import pytest

from covpath.workflow.shell.known.reached import reach

DISPATCH = """\
set -e
version=${VERSION:-stable}
test() {
  cargo test
}
cover() {
  for kind in a b; do
    cargo llvm-cov --features "$kind"
  done
}
if [[ $1 == "test" || $1 == "all" ]]; then
  if [[ -n $2 ]]; then test $2; else test "$version"; fi
fi
if [[ $1 == cover || $1 == "all" ]]; then
  cover
fi
"""
CASE = """\
mode=$1; shift
case "$mode" in
  lint) ruff check "$@" ;;
  cov*) pytest --cov "$@" ;;
  *) echo usage; exit 2 ;;
esac
"""


def idle(text: str, *arguments: str | None) -> set[str]:
    return {text[slice(*span)] for span in reach(text, arguments, {}).never}


@pytest.mark.parametrize(
    ("arguments", "left_out"),
    [
        (("cover",), {"cargo test", "test $2", 'test "$version"'}),
        (("test",), {'cargo llvm-cov --features "$kind"', "cover", "test $2"}),
        (("test", "old"), {'cargo llvm-cov --features "$kind"', "cover", 'test "$version"'}),
        (("all",), {"test $2"}),
        ((None,), {"test $2"}),
    ],
)
def test_an_argument_chooses_what_runs(arguments: tuple[str | None, ...], left_out: set[str]) -> None:
    assert idle(DISPATCH, *arguments) == left_out


@pytest.mark.parametrize(
    ("argument", "left_out"),
    [
        ("lint", {'pytest --cov "$@"', "echo usage", "exit 2"}),
        ("coverage", {'ruff check "$@"', "echo usage", "exit 2"}),
        ("other", {'ruff check "$@"', 'pytest --cov "$@"'}),
    ],
)
def test_an_arm_of_a_case(argument: str, left_out: set[str]) -> None:
    assert idle(CASE, argument, "-v") == left_out


def test_a_loop_over_what_is_not_known_may_run() -> None:
    text = 'for one in $(ls); do make "$one"; done\nif [ "$1" = all ]; then make rest; fi'
    assert idle(text, "all") == set()
    assert idle(text, "some") == {"make rest"}


def test_where_the_argument_is_not_known_what_it_chooses_may_run() -> None:
    perhaps = {CASE[slice(*span)] for span in reach(CASE, [None], {}).perhaps}
    assert perhaps == {'ruff check "$@"', 'pytest --cov "$@"', "echo usage", "exit 2"}


@pytest.mark.parametrize(
    "text",
    [
        'if [ "$COVERAGE" = yes ]; then pytest --cov; fi',
        'COVERAGE=${COVERAGE:-no}; if [ "$COVERAGE" = yes ]; then pytest --cov; fi',
        "if command -v pytest; then pytest --cov; else python -m unittest; fi",
        'source ./settings; if [ "$kind" = full ]; then pytest --cov; fi',
        'run() { "$@"; }; run pytest --cov',
        "while read -r line; do pytest --cov; done < list",
        "source <(cargo llvm-cov show-env); cargo test",
        "clean() { rm -rf out; }; trap clean EXIT; [ $1 = one ]",
        'eval "$1"; if false; then pytest --cov; fi',
    ],
)
def test_what_is_not_known_may_run(text: str) -> None:
    assert idle(text, "one") == set()
