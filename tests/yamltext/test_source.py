import pytest

from covpath.errors import InputError, Place
from covpath.yamltext.source import MAX_CHARACTERS, Source, decode


@pytest.mark.parametrize(
    "data",
    [b"", b"a: 1\n", b"a: 1", b"\xef\xbb\xbfa: 1\r\n", "name: größe ✓ 😀\n".encode(), b"a: \t1\n", b"\xef\xbb\xbf"],
)
def test_decoding_and_encoding_keeps_every_byte(data: bytes) -> None:
    assert decode("w.yml", data).encode() == data


@pytest.mark.parametrize(
    ("data", "message", "line", "column"),
    [
        ("a: 1\nb: é".encode("latin-1"), "is not UTF-8: byte 0xe9.", 2, 4),
        ("é: 1\n".encode() + b"\xff", "is not UTF-8: byte 0xff.", 2, 1),
        ("a: 1\n".encode("utf-16"), "is UTF-16", 1, 1),
        (b"\xef\xbb\xbfa: \x07\n", "holds the control character U+0007", 1, 4),
        (b"a: 1\nb: \0\n", "holds the control character U+0000", 2, 4),
        (b"a: 1 # x\r b: 2\n", "holds the line break a carriage return alone", 1, 9),
        ("a: x\u2028y\n".encode(), "holds the line break LS (U+2028)", 1, 5),
        ("a: x\u2029y\n".encode(), "holds the line break PS (U+2029)", 1, 5),
        ("a: x\n# \x85y\n".encode(), "holds the line break NEL (U+0085)", 2, 3),
        ("a: \ufeffx\n".encode(), "holds the control character U+FEFF", 1, 4),
        (b"a: 1\nb: \x7f\n", "holds the control character U+007F", 2, 4),
    ],
)
def test_what_readers_disagree_about_is_refused_with_its_place(
    data: bytes, message: str, line: int, column: int
) -> None:
    with pytest.raises(InputError) as caught:
        decode("w.yml", data)
    assert caught.value.message.startswith(message)
    assert caught.value.place == Place("w.yml", line, column)
    assert caught.value.hint


@pytest.mark.parametrize("before", ["a: ", "é: "], ids=["plain", "accented"])
def test_every_character_is_refused_or_not_whatever_stands_around_it(before: str) -> None:
    refused = {*range(0x09), 0x0B, 0x0C, *range(0x0D, 0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF}
    found = set()
    for code in (*range(0xD800), *range(0xE000, 0x10100), 0x1F600, 0xE0001, 0x10FFFF):
        try:
            decode("w.yml", f"{before}{chr(code)}x\n".encode())
        except InputError:
            found.add(code)
    assert found == refused


def test_a_huge_file_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(InputError, match="50,000,000 bytes long"):
        decode("w.yml", bytes(50_000_000))


def test_the_longest_file_is_decoded() -> None:
    assert len(decode("w.yml", b"#" * MAX_CHARACTERS).text) == MAX_CHARACTERS


def test_places_count_lines_and_characters_from_one() -> None:
    source = Source("w.yml", "é: 1\r\n\n  b: 2")
    assert [str(source.place(offset)) for offset in (0, 2, 6, 7, 9, 13)] == [
        "w.yml:1:1", "w.yml:1:3", "w.yml:2:1", "w.yml:3:1", "w.yml:3:3", "w.yml:3:7",
    ]  # fmt: skip
    assert [source.line_text(line) for line in (1, 2, 3)] == ["é: 1", "", "  b: 2"]
    assert source.line_span(1) == (0, 6)


def test_the_line_break_in_use_is_the_lines_own_or_the_one_before() -> None:
    source = Source("w.yml", "a\r\nb\nc")
    assert [source.newline_at(offset) for offset in (0, 3, 5)] == ["\r\n", "\n", "\n"]
    assert Source("w.yml", "a\r\nb").newline_at(3) == "\r\n"
    assert Source("w.yml", "a").newline_at(0) == "\n"
