"""Whose requests may be seen, and how that is written down."""

from __future__ import annotations

import pytest

from controller.scope import Scope

NOTHING, ONE, TWO, EVERYTHING = Scope.of([]), Scope.of(["p"]), Scope.of(["q", "p"]), Scope.everything()


@pytest.mark.parametrize("scope", [NOTHING, ONE, TWO, EVERYTHING])
def test_what_is_written_is_read_again(scope):
    assert Scope.read(scope.written()) == scope


def test_the_name_of_a_project_is_the_scope_of_it_alone():
    assert (ONE.written(), EVERYTHING.written(), Scope.read("p")) == ("p", "", ONE)
    assert [scope.only for scope in (NOTHING, ONE, TWO, EVERYTHING)] == ["", "p", "", ""]


def test_a_scope_covers_what_has_no_more_projects():
    ascending = [NOTHING, ONE, TWO, EVERYTHING]
    for place, scope in enumerate(ascending):
        assert [scope.covers(other) for other in ascending] == [at <= place for at in range(4)]
    assert not ONE.covers(Scope.of(["q"]))
