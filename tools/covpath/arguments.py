"""What the command line takes, verb by verb. Declarations only."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

_DESCRIPTION = """\
A path for the coverage job that is red, slow, ignored or "temporarily" non-blocking:
see what its failure really does, measure before deciding, move it with a minimal diff,
record owner and target, and let nothing drift.
"""

_EPILOG = """\
JOB is a job id, or FILE:ID where the id is not unique. Reading never runs anything; only
`bench` executes commands. Exit codes: 0 done or clean, 1 findings, 2 wrong usage or input,
3 refused, 4 a bug of covpath, 130 interrupted.
"""

_DECISIONS = ("larger-runner", "new-backend", "permanent-advisory")


class _Parser(argparse.ArgumentParser):
    """A parser that asks how wide the terminal is once it prints.

    ``argparse`` itself makes a formatter for each argument that is declared, and each asks anew.
    """

    def __init__(self, *, formatter_class: Any = argparse.HelpFormatter, **settings: Any) -> None:
        super().__init__(formatter_class=partial(formatter_class, width=80), **settings)
        self._printing = formatter_class

    def format_usage(self) -> str:
        """The usage, as wide as the terminal."""
        self.formatter_class = self._printing
        return super().format_usage()

    def format_help(self) -> str:
        """The help, as wide as the terminal."""
        self.formatter_class = self._printing
        return super().format_help()


def build_parser(first: str | None = None) -> argparse.ArgumentParser:
    """The parser of the command line; its namespace holds ``verb`` and that verb's arguments.

    Where the ``first`` word is a verb, only that one is declared: no other can be meant or named any more.
    """
    parser: argparse.ArgumentParser = _Parser(
        prog="covpath",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", prog="covpath")
    declared = {
        "status": _status,
        "move": _move,
        "bench": _bench,
        "decide": _decide,
        "audit": _audit,
        "exceptions": _exceptions,
        "diagnose": _diagnose,
        "explain": _explain,
        "schema": _schema,
    }
    for declare in (declared[first],) if first in declared else declared.values():
        declare(verbs)
    if first in declared:
        parser.usage = f"covpath {first} [--help] ..."  # what is known wrong is told with it
    return parser


def _verb(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str) -> argparse.ArgumentParser:
    return verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")


def _repository(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", type=Path, metavar="DIR", help="the repository (default: the one you stand in)")


def _format(parser: argparse.ArgumentParser, *names: str) -> None:
    parser.add_argument("--format", choices=("text", "json", *names), default="text", help="how to print")


def _required(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--required", type=Path, metavar="FILE", help="GitHub's answer about required checks, as saved")


def _status(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "status", "what each job's failure does to the run and to a merge, and why")
    parser.add_argument("job", nargs="?", metavar="JOB", help="one job in full")
    parser.add_argument("--all", action="store_true", help="every job, not only coverage and non-blocking ones")
    parser.add_argument("--base", metavar="REV", help="only what this branch changes about what can block")
    parser.add_argument("--with", dest="others", type=Path, metavar="DIR", action="append", default=[],
                        help="a checkout of another repository whose reusable workflows are called")  # fmt: skip
    required = parser.add_mutually_exclusive_group()
    _required(required)
    required.add_argument("--fetch-required", type=Path, metavar="FILE",
                          help="ask GitHub for them first, and write its answer to FILE")  # fmt: skip
    parser.add_argument(
        "--remote", default="origin", metavar="NAME", help="whom --fetch-required asks (default: origin)"
    )
    _repository(parser)
    _format(parser)


def _move(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "move", "change a job's gate, backend, runner or time limit by a minimal, proven edit")
    parser.add_argument("job", nargs="?", metavar="JOB", help="the job to move")
    parser.add_argument("--all-matching", metavar="PATTERN", help="every job whose id matches, instead of JOB")
    parser.add_argument("--gate", metavar="GATE", help="blocking, advisory, or a ratchet's own word")
    parser.add_argument("--step", metavar="NAME", help="the gate of one step only: its id, name, action or number")
    parser.add_argument("--leg", metavar="K=V", help="of a matrix job, the legs with this value (or a check's name)")
    parser.add_argument("--with-upload", action="store_true",
                        help="with --gate: the upload steps get it too, and fail with nothing sent")  # fmt: skip
    parser.add_argument("--backend", metavar="NAME", help="the coverage backend to measure with")
    parser.add_argument("--report", metavar="FORMAT", help="another report format")
    parser.add_argument("--keep-serial", action="store_true", help="tests that ran one by one stay so, with --backend")
    parser.add_argument("--runner", metavar="LABELS", help="a label, several with commas; group=NAME for a group")
    parser.add_argument("--timeout-minutes", type=int, metavar="N", help="the job's time limit")
    parser.add_argument("--accept", metavar="NAME", action="append", default=[], help="accept a named loss or risk")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--write", action="store_true", help="apply the edit (default: print the diff)")
    how.add_argument("--undo", action="store_true", help="print the patch that restores the bytes")
    how.add_argument("--pr", action="store_true", help="make a branch with the commits, push it, open a pull request")
    parser.add_argument("--remote", default="origin", metavar="NAME", help="where --pr pushes to (default: origin)")
    parser.add_argument("--text", type=Path, metavar="FILE", help="where --pr writes the text if no GitHub is reached")
    _required(parser)
    _repository(parser)
    _format(parser)


def _bench(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "bench", "measure a coverage job, by backend, under the limits of runners (Linux)")
    parser.add_argument("action", nargs="?", metavar="ACTION", default="run",
                        choices=("run", "plan", "report", "collect", "cell"),
                        help="run (default); plan, report: show what would run, what was saved; collect")  # fmt: skip
    parser.add_argument("what", nargs="*", metavar="RUN_ID|DIR",
                        help="right behind collect: a run on GitHub, or records as folders and archives")  # fmt: skip
    parser.add_argument("--job", metavar="FILE:ID", help="the coverage job to measure (default: ci/bench.yaml)")
    parser.add_argument("--setup", metavar="CMD", action="append", default=[], help="run once in the copy, first")
    parser.add_argument("--backends", metavar="NAMES", help="only these, with commas")
    parser.add_argument("--runners", metavar="NAMES", help="only these profiles, with commas")
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("--trials", type=int, metavar="N", help="runs of each cell")
    how_many.add_argument("--few", action="store_true",
                          help="run what tells which cells work and which is cheapest; predict the rest")  # fmt: skip
    how_many.add_argument("--certain", action="store_true",
                          help="as --few, and what tells of every cell that can be run here")  # fmt: skip
    parser.add_argument("--scratch", type=Path, metavar="DIR",
                        help="where trials have copies and caches, on a fast disk (default: /var/tmp)")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="do not ask before running the commands shown")
    parser.add_argument("--fresh", action="store_true", help="forget saved trials instead of resuming")
    parser.add_argument("--out", dest="folder", type=Path, metavar="DIR", help="where the evidence goes")
    _repository(parser)
    _format(parser)
    _bench_on_github(parser.add_argument_group("where the job really runs"))


def _bench_on_github(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--on-github", metavar="JOB", help="push a branch that measures JOB on GitHub's own runners")
    group.add_argument("--leg", metavar="NAME=VALUE", action="append", default=[],
                       help="a value of the job's own matrix (default: the first leg that measures)")  # fmt: skip
    group.add_argument("--accept", metavar="NAME", action="append", default=[], help="accept a named loss or risk")
    group.add_argument("--write", type=Path, metavar="FILE", help="write the workflow (- prints it), push nothing")
    group.add_argument("--branch", metavar="NAME", help="the branch to push (default: a name made from the job's)")
    group.add_argument("--remote", default="origin", metavar="NAME", help="where to push to, or to collect from")
    group.add_argument(
        "--covpath-from",
        metavar="REQUIREMENT",
        help="what pip installs as covpath on the runners (default: what is installed here)",
    )
    group.add_argument("--matrix", action="store_true", help="with plan: the cells as a matrix for a workflow, JSON")
    group.add_argument("--cell", metavar="BACKEND@RUNNER", help="only this cell")
    group.add_argument(
        "--real", action="store_true", help="with --cell: this machine is that runner, nothing is limited"
    )
    group.add_argument("--expect", help=argparse.SUPPRESS)  # what generated workflows say to collect


def _decide(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "decide", "the ways out of an unresolved job, with their evidence, and the choice")
    parser.add_argument("job", metavar="JOB")
    parser.add_argument("--record", action="store_true", help="write the decision to the exceptions file")
    parser.add_argument("--decision", choices=_DECISIONS)
    parser.add_argument("--owner", metavar="NAME", help="who answers for it")
    parser.add_argument("--target", metavar="WHEN", help="'sprint 24' or a date; for a permanent one, its review")
    parser.add_argument("--reason", metavar="TEXT")
    parser.add_argument("--evidence", metavar="FILE_OR_URL", action="append", default=[])
    _repository(parser)
    _format(parser)


def _audit(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "audit", "hold the exceptions file against workflows, calendar and history")
    parser.add_argument("directories", nargs="*", type=Path, metavar="DIR", help="many checkouts, one line each")
    parser.add_argument("--repos", type=Path, metavar="FILE", help="a file that lists checkouts, one a line")
    parser.add_argument("--base", metavar="REV",
                        help="only what changed since REV can fail (on GitHub: the pull request's base)")  # fmt: skip
    parser.add_argument("--no-base", action="store_true", help="everything counts, on a pull request too")
    parser.add_argument("--staged", action="store_true",
                        help="for hooks: only what the commit being made changes can fail")  # fmt: skip
    parser.add_argument("--today", metavar="DATE", help="the day to judge by (default: today, UTC)")
    parser.add_argument("--kickoff", metavar="SPRINT", help="what stands between the team and that sprint")
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.add_argument("--fix", action="store_true",
                        help="prepare the ways out as a diff: blocking again, or postponed with --target")  # fmt: skip
    parser.add_argument("--target", metavar="WHEN", help="with --fix: postpone what is overdue until then")
    parser.add_argument("--reason", metavar="TEXT", help="with --fix and --target: why")
    parser.add_argument("--branch", metavar="NAME", help="with --fix: make it a branch, one commit for each way out")
    _required(parser)
    _repository(parser)
    _format(parser, "sarif", "github", "markdown")


def _exceptions(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "exceptions", "write, read and render the exceptions file")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("add", "add an entry"),
        ("adopt", "add an entry for everything that is advisory today"),
        ("postpone", "move a target, with the reason"),
        ("resolve", "remove the entry of a job that blocks again"),
        ("import", "read a Markdown registry"),
        ("render", "print the page people read"),
        ("check", "is the file valid?"),
    ):
        action = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        _exceptions_action(action, name)
        _repository(action)


def _exceptions_action(action: argparse.ArgumentParser, name: str) -> None:
    if name in ("add", "postpone", "resolve"):
        action.add_argument("job", metavar="JOB")
    if name == "import":
        action.add_argument("page", type=Path, metavar="FILE.md")
    if name == "add":
        action.add_argument("--decision", choices=(*_DECISIONS, "undecided"), help="(default: undecided)")
        action.add_argument("--accept", metavar="WHAT", action="append", default=[],
                            help="what it accepts (default: the gate as it is today)")  # fmt: skip
    if name in ("add", "adopt"):
        action.add_argument("--owner", metavar="NAME", help="who answers for it")
    if name in ("add", "adopt", "postpone"):
        action.add_argument("--target", metavar="WHEN", help="'sprint 24' or a date; for a permanent one, its review")
        action.add_argument("--reason", metavar="TEXT")
    if name in ("add", "postpone"):
        action.add_argument("--evidence", metavar="FILE_OR_URL", action="append", default=[])
    if name in ("add", "adopt", "import"):
        action.add_argument("--calendar", metavar="KEY=VALUE,...",
                            help="the calendar the file lacks: sprint=23,starts=2026-03-22,days=14")  # fmt: skip
    if name == "resolve":
        action.add_argument("--mark", action="store_true", help="keep the entry, marked as resolved")
        action.add_argument("--today", metavar="DATE", help="with --mark: the day (default: today, UTC)")
    if name == "render":
        action.add_argument("--check", type=Path, metavar="FILE.md", help="is this page current?")
    elif name != "check":
        action.add_argument("--write", action="store_true", help="write the file (default: print the diff)")


def _diagnose(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "diagnose", "what a failed CI log says: runner lost, out of memory, disk full and more")
    told = "the job's log: a file, - for standard input, or GitHub's archive of one job"
    parser.add_argument("log", type=Path, metavar="LOG", help=told)
    told = "GitHub's annotations of the job, as JSON: gh api repos/OWNER/NAME/check-runs/ID/annotations"
    parser.add_argument("--annotations", type=Path, metavar="FILE", help=told)
    _format(parser)


def _explain(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "explain", "what a rule looks for, and what to do about it")
    parser.add_argument("rule", nargs="?", metavar="RULE", help="a rule id (default: list them)")


def _schema(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = _verb(verbs, "schema", "the JSON Schema of a file covpath reads or prints")
    parser.add_argument("name", nargs="?", metavar="NAME", help="its name (default: list them)")
