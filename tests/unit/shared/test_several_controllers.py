"""Several controllers behind one setting."""

from __future__ import annotations

import pytest

from loadcell.channel import several
from loadcell.settings import Address, SettingsError, addresses


def test_one_address_is_one_address():
    assert addresses("h:1") == Address("h", 1)
    assert addresses("unix:/a") == Address("", 0, "/a")


def test_several_keep_their_order():
    found = addresses("b:2, a:1,[::1]:3")
    assert (found.host, found.port) == ("b", 2)
    assert str(found) == "b:2,a:1,[::1]:3"
    assert addresses(str(found)) == found


@pytest.mark.parametrize("wrong", ["h:1,nonsense", "unix:/a,h:1", "h:1,unix:/a"])
def test_what_cannot_be_dialled_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        addresses(wrong)


def test_names_become_numbers_for_grpc():
    assert several("127.0.0.1:2,localhost:1,127.0.0.1:2") == "ipv4:127.0.0.1:2,127.0.0.1:1"
    with pytest.raises(SettingsError, match=r"no\.such\.host\.invalid:1 cannot be looked up"):
        several("127.0.0.1:2,no.such.host.invalid:1")
