"""What make does to a failing line of a recipe: options, MAKEFLAGS, special targets, shells. The real one is asked."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from covpath.terms import Gate, Tri
from covpath.workflow.recipes.make_options import flags_in
from recipe_runs import Case, judged, really_passes

COV = "cov:\n\tpytest --cov\n\techo done\n"
LIST = "cov:\n\tpytest --cov; true\n\techo done\n"
PIPE = "cov:\n\tpytest --cov | cat\n\techo done\n"
INNER = "cov:\n\t$(MAKE) inner\n\techo done\ninner:\n\tpytest --cov\n"


def made(makefile: str, gate: Gate, run: str = "make cov", **env: str) -> Case:
    return Case(run, {"Makefile": makefile}, gate, env=env)


FLAGS = {
    "": Gate.BLOCKING,
    "k": Gate.BLOCKING,
    "-k": Gate.BLOCKING,
    "j4": Gate.BLOCKING,
    "-j4": Gate.BLOCKING,
    "j4 i": Gate.BLOCKING,
    "w --no-print-directory": Gate.BLOCKING,
    "CI=i": Gate.BLOCKING,
    "k CI=ii": Gate.BLOCKING,
    "-- CI=1 -i": Gate.BLOCKING,
    "Irc": Gate.BLOCKING,
    "W i": Gate.BLOCKING,
    "i": Gate.SILENT,
    "-i": Gate.SILENT,
    "ik": Gate.SILENT,
    "-k -i": Gate.SILENT,
    "s --ignore-errors": Gate.SILENT,
    "--ign": Gate.SILENT,
    "I rc -i": Gate.SILENT,
}
"""Values of the variable MAKEFLAGS."""
COMMANDS = {
    "make -k cov": Gate.BLOCKING,
    "make -k -S cov": Gate.BLOCKING,
    "make -j4 cov": Gate.BLOCKING,
    "make -l 3 cov": Gate.BLOCKING,
    "make -W i cov": Gate.BLOCKING,
    "make --jobs=2 cov": Gate.BLOCKING,
    "make -I i -B cov": Gate.BLOCKING,
    "MFLAGS=-i make cov": Gate.BLOCKING,
    "make -i cov": Gate.SILENT,
    "make cov -i": Gate.SILENT,
    "make -ki cov": Gate.SILENT,
    "make -Bi cov": Gate.SILENT,
    "make -j4 -i cov": Gate.SILENT,
    "make -j$(nproc) -i cov": Gate.SILENT,
    "make -O -i cov": Gate.SILENT,
    "make --ignore cov": Gate.SILENT,
    "make MAKEFLAGS=-i cov": Gate.SILENT,
    "MAKEFLAGS=-i make cov": Gate.SILENT,
    "export MAKEFLAGS=-i\nmake cov": Gate.SILENT,
    "GNUMAKEFLAGS=i make cov": Gate.SILENT,
}
FILES = {
    "a line": made(COV, Gate.BLOCKING),
    "-k in the file": made(f"MAKEFLAGS += -k\n{COV}", Gate.BLOCKING),
    "quiet in the file": made(f"MAKEFLAGS += --no-print-directory --silent\n{COV}", Gate.BLOCKING),
    "taken back": made(f"MAKEFLAGS += -i\nMAKEFLAGS =\n{COV}", Gate.BLOCKING),
    "for a target only, which changes nothing": made(f"cov: MAKEFLAGS += -i\n{COV}", Gate.BLOCKING),
    "processors": made(f"MAKEFLAGS += -j$(shell nproc)\n{COV}", Gate.BLOCKING),
    "quiet by a condition": made(f"MAKEFLAGS += $(if $(V),,--no-print-directory)\n{COV}", Gate.BLOCKING),
    "-i in the file": made(f"MAKEFLAGS += -i\n{COV}", Gate.SILENT),
    "i in the file": made(f"MAKEFLAGS += i\n{COV}", Gate.SILENT),
    "set in the file": made(f"MAKEFLAGS = -i\n{COV}", Gate.SILENT),
    "at the file's end": made(f"{COV}MAKEFLAGS := --ignore-errors\n", Gate.SILENT),
    "through a variable": made(f"HOW = -i\nMAKEFLAGS += $(HOW)\n{COV}", Gate.SILENT),
    "from around, and another in the file": made(f"MAKEFLAGS := -s\n{COV}", Gate.SILENT, MAKEFLAGS="i"),
    "another ignored target": made(f".IGNORE: other\n{COV}", Gate.BLOCKING),
    "an ignored pattern is none": made(f".IGNORE: %\n{COV}", Gate.BLOCKING),
    "the target's own lines are ignored": made(".IGNORE: cov\ncov: dep\n\techo\ndep:\n\tpytest --cov\n", Gate.BLOCKING),
    "all are ignored": made(f".IGNORE:\n{COV}", Gate.SILENT),
    "the target is ignored": made(f".IGNORE: cov\n{COV}", Gate.SILENT),
    "ignored through a variable": made(f"SOFT = cov x\n.IGNORE: $(SOFT)\n{COV}", Gate.SILENT),
    "what it needs is ignored": made(".IGNORE: dep\ncov: dep\n\techo\ndep:\n\tpytest --cov\n", Gate.SILENT),
    "marks": made("cov:\n\t+-@pytest --cov\n\techo\n", Gate.SILENT),
    "a mark behind blanks": made("cov:\n\t  - pytest --cov\n\techo\n", Gate.SILENT),
    "a mark before a continued line": made("cov:\n\t-true && \\\n\t pytest --cov\n\techo\n", Gate.SILENT),
    "a mark before a make": made(INNER.replace("\t$", "\t-$"), Gate.SILENT),
    "-i reaches an inner make": made(INNER, Gate.SILENT, "make -i cov"),
    "two rules": made("cov::\n\tpytest --cov\ncov::\n\techo\n", Gate.BLOCKING),
    "lines of a variable": made("define R\npytest --cov\necho\nendef\ncov:\n\t$(R)\n", Gate.BLOCKING),
    "a mark before them": made("define R\ntrue\npytest --cov\nendef\ncov:\n\t-$(R)\n\techo\n", Gate.SILENT),
    "a mark in them": made("define R\n-pytest --cov\nendef\ncov:\n\t$(R)\n\techo\n", Gate.SILENT),
    "a function around a variable": made(
        "ARGS = $(if $(NAME),--name $(NAME) (x),)\ncov:\n\tpytest --cov $(ARGS)\n\techo\n", Gate.BLOCKING
    ),
    "a variable that grows": made(
        "RUN := pytest\nRUN := $(RUN) --cov\nRUN := $(RUN) $(if $(X),-x $(X),)\ncov:\n\t$(RUN)\n\techo\n", Gate.BLOCKING
    ),
    "called": made("define R\n$(1) --cov\nendef\ncov:\n\t$(call R,pytest)\n\techo\n", Gate.BLOCKING),
    "a list": made(LIST, Gate.SILENT),
    "a pipe": made(PIPE, Gate.SILENT),
    "a list under -e": made(f".SHELLFLAGS = -ec\n{LIST}", Gate.BLOCKING),
    "-e put before the flags": made(f".SHELLFLAGS := -e $(.SHELLFLAGS)\n{LIST}", Gate.BLOCKING),
    "-e put behind the flags": made(f".SHELLFLAGS += -e\n{LIST}", Gate.BLOCKING),
    "flags that are there already": made(f".SHELLFLAGS ?= -ec\n{LIST}", Gate.SILENT),
    "flags of one target": made(f"cov: .SHELLFLAGS = -ec\n{LIST}", Gate.BLOCKING),
    "a shell of one target": made(f"cov: SHELL = bash -e\n{LIST}", Gate.BLOCKING),
    "options of the shell": made(f"SHELL = bash -o pipefail\n{PIPE}", Gate.BLOCKING),
    "a shell that is found": made(
        f"SHELL := $(shell which bash)\n.SHELLFLAGS := -eo pipefail -c\n{PIPE}", Gate.BLOCKING
    ),
    "a shell that is looked up": made(
        f"SHELL := /usr/bin/env bash\n.SHELLFLAGS := -eo pipefail -c\n{PIPE}", Gate.BLOCKING
    ),
    "the command line's shell": made(LIST, Gate.BLOCKING, "make SHELL='bash -e' cov"),
    "the environment's shell is not taken": made(LIST, Gate.SILENT, SHELL="bash -e"),
    "POSIX": made(f".POSIX:\n{LIST}", Gate.BLOCKING),
    "POSIX, a pipe": made(f".POSIX:\n{PIPE}", Gate.SILENT),
    "one shell": made(f".ONESHELL:\n{COV}", Gate.SILENT),
    "one shell under -e": made(f".ONESHELL:\n.SHELLFLAGS = -ec\n{COV}", Gate.BLOCKING),
    "one shell, a mark in the first line": made(".ONESHELL:\ncov:\n\t-true\n\tpytest --cov\n", Gate.SILENT),
    "one shell, a mark in another line": made(".ONESHELL:\ncov:\n\ttrue\n\t-pytest --cov\n", Gate.BLOCKING),
}
BY_CONDITION = "ifeq ($(COVERAGE),1)\nRUN = pytest --cov\nelse\nRUN = echo\nendif\ncov:\n\t$(RUN)\n"
SOFT = (
    "ifdef SOFT\nRUN = pytest --cov || true\nelse ifeq ($(strip $(HARD)),yes)\nRUN = pytest --cov\nendif\n"
    "cov:\n\t$(RUN)\n"
)
CONDITIONS = {
    "a value from around": made(f"COVERAGE ?= 0\n{BY_CONDITION}", Gate.BLOCKING, COVERAGE="1"),
    "a value before the command": made(f"COVERAGE ?= 0\n{BY_CONDITION}", Gate.BLOCKING, "COVERAGE=1 make cov"),
    "a value of the command line": made(f"COVERAGE = 0\n{BY_CONDITION}", Gate.BLOCKING, "make cov COVERAGE=1"),
    "a value of the file": made(f"COVERAGE = 1\n{BY_CONDITION}", Gate.BLOCKING, COVERAGE="0"),
    "that it is set": made(SOFT, Gate.SILENT, SOFT="1"),
    "that another is, and this one is not": made(f"SOFT =\n{SOFT}", Gate.BLOCKING, HARD="yes"),
    "lines of a recipe": made(
        "COV = yes\ncov:\nifeq ($(COV),yes)\n\tpytest --cov\nelse\n\t-pytest --cov\nendif\n", Gate.BLOCKING
    ),
    "a condition in another": made(
        "A = 1\nB = 2\ncov:\nifeq ($(A),1)\nifneq ($(B),2)\n\t-pytest --cov\nendif\n\tpytest --cov\nendif\n",
        Gate.BLOCKING,
    ),
    "quotes": made('A = 1\nifneq "$(A)" "1"\n.IGNORE:\nendif\n' + COV, Gate.BLOCKING),
}
KNOWN = {
    **CONDITIONS,
    **{f"MAKEFLAGS {value!r}": made(COV, gate, MAKEFLAGS=value) for value, gate in FLAGS.items()},
    **{command: made(COV, gate, command) for command, gate in COMMANDS.items()},
    **FILES,
}
BEFORE_4_4 = ("MAKEFLAGS 'j4 i'", "MAKEFLAGS '-- CI=1 -i'", "taken back")
"""What make 4.3 does, which today's runners have: 4.4 takes the stray words for targets, and keeps what was set."""
DOUBTFUL = {
    "a condition in the file": made(f"ifdef SOFT\nMAKEFLAGS += -i\nendif\n{COV}", Gate.UNKNOWN),
    "a condition in a function": made(f"MAKEFLAGS += $(if $(SOFT),-i)\n{COV}", Gate.UNKNOWN),
    "a condition around .IGNORE": made(f"ifdef SOFT\n.IGNORE:\nendif\n{COV}", Gate.UNKNOWN),
    "a value that is not known": made(COV, Gate.UNKNOWN, MAKEFLAGS="${{ vars.FLAGS }}"),
    "its second word is not known": made(COV, Gate.UNKNOWN, MAKEFLAGS="-k ${{ vars.FLAGS }}"),
}


@pytest.mark.parametrize("name", {**KNOWN, **DOUBTFUL})
def test_make_decides(name: str) -> None:
    case = {**KNOWN, **DOUBTFUL}[name]
    verdict = judged(case.run, case.files, case.env)
    assert verdict.coverage
    assert verdict.gate is case.gate


@cache
def _make_version() -> tuple[int, int]:
    said = subprocess.run(["make", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"GNU Make (\d+)\.(\d+)", said)
    assert found is not None, said
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("name", KNOWN)
def test_make_itself_does_the_same(tmp_path: Path, name: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("NO MAKE: it is not found on the PATH")
    if name in BEFORE_4_4 and _make_version() >= (4, 4):
        pytest.skip("ANOTHER MAKE: from 4.4 on it does this otherwise")
    assert really_passes(tmp_path, KNOWN[name]) is (KNOWN[name].gate is Gate.SILENT)


def test_the_side_that_does_not_count_measures_nothing() -> None:
    assert not judged("make cov", {"Makefile": f"COVERAGE = 0\n{BY_CONDITION}"}).coverage


@pytest.mark.parametrize("option", ["-n", "-t", "-q", "--dry-run", "--just-print", "--question", "-kn"])
def test_a_make_that_runs_nothing_measures_nothing(option: str) -> None:
    assert not judged(f"make {option} cov", {"Makefile": COV}).coverage


@pytest.mark.parametrize(
    ("value", "ignores"),
    [
        ("-j${{ steps.cpus.outputs.n }}", Tri.FALSE),
        ("j$N", Tri.FALSE),
        ("$N", Tri.UNKNOWN),
        ("-s$N", Tri.UNKNOWN),
        ("-i $N", Tri.TRUE),
        ("A=$N", Tri.FALSE),
        (None, Tri.UNKNOWN),
    ],
)
def test_what_varies_in_the_flags(value: str | None, ignores: Tri) -> None:
    assert flags_in(value).ignores is ignores
