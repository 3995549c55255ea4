from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.yamltext.characters import offsets
from covpath.yamltext.edit import Patch
from covpath.yamltext.nodes import Mapping, Scalar, Sequence, same, to_plain, walk
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key, set_value
from covpath.yamltext.reading import read
from edit_checks import check, document_of
from generated_edits import ask
from generated_workflows import generate

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds)
def test_reading_gives_the_data_that_was_written(seed: int) -> None:
    generated = generate(Random(seed), aliases=True)
    document = document_of(generated)
    assert document.root is not None
    assert same(to_plain(document.root), generated.data)
    assert document.source.encode() == generated.content


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seeds)
def test_every_character_of_every_scalar_has_its_place(seed: int) -> None:
    document = document_of(generate(Random(seed)))
    assert document.root is not None
    for _, node in walk(document.root):
        if isinstance(node, Scalar):
            places = offsets(document, node)
            assert places is not None
            assert list(places) == sorted(places)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(seeds, st.booleans())
def test_an_edit_does_what_was_asked_and_nothing_else(seed: int, aliases: bool) -> None:
    random = Random(seed)
    generated = generate(random, aliases=aliases)
    check(generated, document_of(generated), ask(random, generated.data))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds)
def test_what_is_added_and_removed_again_leaves_the_bytes(seed: int) -> None:
    random = Random(seed)
    document = document_of(generate(random))
    assert document.root is not None
    node_route, node = random.choice(
        [
            (route, node)
            for route, node in walk(document.root)
            if isinstance(node, Mapping | Sequence) and children(node)
        ]
    )
    if isinstance(node, Mapping):
        key = "covpath"
        added = set_key(document, node_route, key, True, before=(random.choice(node.entries).key.value,))
        gone = (*node_route, key)
    else:
        index = random.randint(0, len(node.items))
        added = insert_item(document, node_route, index, {"name": "covpath", "run": "true"})
        gone = (*node_route, index)
    assert added is not None
    after = read(Patch(document.source, (added,)).apply())
    removed = remove_key(after, gone) if isinstance(node, Mapping) else remove_item(after, gone)
    assert removed is not None
    assert Patch(after.source, (removed,)).apply().encode() == document.source.encode()


def children(node: Mapping | Sequence) -> int:
    return len(node.entries if isinstance(node, Mapping) else node.items)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seeds)
def test_a_plain_word_set_and_set_back_leaves_the_bytes(seed: int) -> None:
    random = Random(seed)
    document = document_of(generate(random))
    assert document.root is not None
    words = [
        (route, node)
        for route, node in walk(document.root)
        if isinstance(node, Scalar) and node.value.isascii() and node.value.isalpha() and isinstance(node.data(), str)
    ]
    if not words:
        return
    route, node = random.choice(words)
    there = set_value(document, route, "covpath")
    assert there is not None
    after = read(Patch(document.source, (there,)).apply())
    back = set_value(after, route, node.value)
    assert back is not None
    assert Patch(after.source, (back,)).apply().encode() == document.source.encode()
