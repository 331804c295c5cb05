"""Several controllers behind one setting."""

from __future__ import annotations

import socket

import grpc
import pytest

from loadcell.lookup import Lookup, several
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


def test_addresses_of_both_families_go_together():
    assert several("127.0.0.1:2,[::1]:3,127.0.0.1:2") == "ipv6:[::ffff:127.0.0.1]:2,[::1]:3"


def test_names_become_numbers_for_grpc():
    assert several("127.0.0.1:2,127.0.0.3:1,127.0.0.1:2") == "ipv4:127.0.0.1:2,127.0.0.3:1"
    assert "127.0.0.1]:1" in several("[::1]:2,localhost:1")
    with pytest.raises(SettingsError, match=r"no\.such\.host\.invalid:1 cannot be looked up"):
        several("127.0.0.1:2,no.such.host.invalid:1")


def test_a_name_server_that_is_away_changes_nothing(monkeypatch):
    lookup = Lookup("127.0.0.1:1,localhost:2")
    before = lookup.target
    asked = []

    def away(*_: object, **__: object) -> None:
        asked.append(True)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", away)
    for state in (grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.TRANSIENT_FAILURE):
        assert not lookup.renew(state)
    lookup._looking.join()
    assert not lookup.renew(grpc.ChannelConnectivity.READY)
    assert (asked, lookup.target) == ([True], before)
