import pytest

from covpath.yamltext.comments import comments, comments_between
from covpath.yamltext.reading import read
from covpath.yamltext.source import decode


def texts(text: str) -> list[str]:
    return [comment.text for comment in comments(read(decode("w.yml", text.encode())))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("# only", ["# only"]),
        ("a: x#y\nb: 'z # z'\nc: \"# z\"\n", []),
        ("a: x # 1\r\n# 2\r\nb: 'y' # 3\r\n", ["# 1", "# 2", "# 3"]),
        ("a: | # 1\n  # x\n  y # z\n # 2\n# 3\nb: 1\n", ["# 1", "# 2", "# 3"]),
        ("a: |\n  x\n  # y", []),
        ("a: | # 1\nb: > # 2\n", ["# 1", "# 2"]),
        ("a: [1, # 1\n  '#', # 2\n] # 3\n", ["# 1", "# 2", "# 3"]),
        ("a: &x # 1\n  - b # 2\nc: *x # 3\n", ["# 1", "# 2", "# 3"]),
        ("%YAML 1.2 # 1\n--- # 2\na: 1\n... # 3\n", ["# 1", "# 2", "# 3"]),
        ("? a # 1\n: b # 2\n", ["# 1", "# 2"]),
        ("a: x\n  y#z\nb: # 1\n  c\n", ["# 1"]),
    ],
)
def test_comments_are_what_stands_between_the_tokens(text: str, found: list[str]) -> None:
    assert texts(text) == found


def test_only_comments_that_lie_wholly_inside_a_range_are_in_it() -> None:
    document = read(decode("w.yml", b"a: 1 # one\nb: '# no' # two\n"))
    assert comments_between(document, 0, 10) == ("# one",)
    assert comments_between(document, 0, 9) == ()
    assert comments_between(document, 11, 27) == ("# two",)
