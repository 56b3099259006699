"""The newest events of all subjects: shown as they are, shown to be missing, and nothing else believed."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.credit.log import errors, merkle
from app.credit.log.heads import Head, Heads, require_absent, require_head


def head(name: str, seq: int = 3) -> Head:
    return Head(name, seq, hashlib.sha256(name.encode()).digest())


names = st.sets(st.text("abcd", min_size=1, max_size=4), max_size=40)


@settings(max_examples=100, deadline=None)
@given(names, st.text("abcd", min_size=1, max_size=4))
def test_every_subject_is_shown_with_its_newest_event_or_as_missing(there, asked):
    heads = Heads(map(head, there))
    shown = heads.show(asked)
    if asked in there:
        require_head(asked, 3, head(asked).leaf, shown, heads.count, heads.root)
        with pytest.raises(errors.WrongHead):
            require_head(asked, 2, head(asked).leaf, shown, heads.count, heads.root)
        with pytest.raises(errors.WrongHead):
            require_absent(asked, shown, heads.count, heads.root)
        with pytest.raises(errors.WrongRoot):
            require_head(asked, 3, head(asked).leaf, [replace(shown[0], head=head(asked))], heads.count, bytes(32))
    else:
        require_absent(asked, shown, heads.count, heads.root)


def test_tree_of_heads_is_made_of_sorted_lines():
    heads = Heads([head("s_b", 12), head("s_a")])
    lines = [f"{name}\n{seq}\n{base64.b64encode(head(name).leaf).decode()}".encode() for name, seq in (("s_a", 3), ("s_b", 12))]
    assert heads.root == merkle.root([merkle.leaf_hash(line) for line in lines])
    assert Heads([]).root == merkle.root([])


def test_a_subject_that_is_there_cannot_be_shown_as_missing():
    heads = Heads(map(head, "acegi"))
    by_name = {name: heads.show(name)[0] for name in "acegi"}
    for wrong in ([], ["a"], ["i"], ["c"], ["a", "g"], ["c", "c"], ["a", "c"], ["c", "g", "i"], ["g", "i"]):
        with pytest.raises(errors.WrongHead):
            require_absent("e", [by_name[name] for name in wrong], heads.count, heads.root)
    with pytest.raises(errors.LogError):
        require_absent("e", [by_name["c"], replace(by_name["g"], index=2)], heads.count, heads.root)
