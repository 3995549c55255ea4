"""What the codes of an exit verdict mean, in one sentence each."""

from __future__ import annotations

_MESSAGES = {
    "errexit": "the shell stops at the first failure (errexit) and passes it on",
    "explicit-exit": "the script leaves with a status that is not 0",
    "last-status": "the script's status is that of its last command, which carries the failure",
    "or-list": "what stands behind `||` succeeds in its place",
    "and-list": "a failure in front of `&&` does not stop the script, and a later command sets the status",
    "pipeline": "without pipefail only the last command of a pipeline counts",
    "condition": "a failure in a condition only chooses the branch",
    "negation": "`!` turns the failure into success",
    "background": "a background command's status is not asked for",
    "substitution": "a command substitution's failure is lost in the command around it",
    "declaration": "a declaration succeeds whatever the command substitution in it does",
    "errexit-off": "errexit is off here, so the script goes on, and a later command sets the status",
    "exit-zero": "`exit` with status 0",
    "return-zero": "`return` with status 0",
    "exit-trap": "the EXIT trap leaves with status 0",
    "overwritten": "a later command sets the status",
    "unparsed": "a part of the script could not be parsed",
    "not-reached": "no way through the script that runs this command could be found",
    "depends-on-round": "it depends on which round of the loop fails",
    "options": "errexit or pipefail may have been changed by something that is not in the script",
    "condition-unknown": "it depends on a condition",
    "unknown-status": "it depends on a status that is not known",
    "loop": "it depends on how often a loop runs",
    "undecided": "it depends on something outside the script",
    "too-many-ways": "there are too many ways through the script to follow",
    "recursion": "the script calls itself too deeply to follow",
    "trap": "a trap does something that is not followed",
    "option": "a shell option changes the rules in a way that is not followed",
    "background-negation": "bash ignores `!` in front of some background commands",
    "stray-jump": "break, continue, return or local stands outside of what it belongs to",
    "never-ends": "the command is repeated until it succeeds",
    "unknown-jump": "break or continue with a number that is not known",
    "fall-through": "a `case` arm falls through to the next",
    "bash-only": "sh may not understand this",
    "other-shell": "the rules of this shell are not followed beyond the last command line",
}


def message_of(code: str) -> str:
    """The sentence for a code."""
    return _MESSAGES[code]
