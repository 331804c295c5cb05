"""The rules about targets: every spelling of an address, every form of a rule, and which of them wins."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadcell.target_guard.addresses import literal, reached, unwrapped
from loadcell.target_guard.guard import TargetGuard, refused_everywhere
from loadcell.target_guard.rules import parse_rule, parse_rules
from loadcell.target_url import parse_target_url

METADATA = IPv4Address("169.254.169.254")
SPELLINGS = [
    "169.254.169.254",
    "169.254.169.254.",
    "2852039166",
    "0xa9fea9fe",
    "0XA9FEA9FE",
    "025177524776",
    "0251.0376.0251.0376",
    "0xa9.0xfe.0xa9.0xfe",
    "169.0376.0xa9.254",
    "169.254.43518",
    "169.16689662",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:FFFF:A9FE:A9FE]",
]
EMBEDDED = [
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::",
    "2001:0:c000:201::5601:5601",
    "2001:db8::5efe:a9fe:a9fe",
    "2001:db8::200:5efe:a9fe:a9fe",
]
V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(IPv6Address)
PORT = st.integers(1, 65_535)


def guard(deny: str = "", allow: str = "") -> TargetGuard:
    return TargetGuard(parse_rules(deny), parse_rules(allow))


def denied(judge: TargetGuard, host: str, port: int = 80) -> bool:
    """Whether a literal is denied, both as it was asked for and as the address that is connected to."""
    early = judge.denies_host(host, port)
    address = literal(host)
    assert address is not None
    late = judge.denies_address(host, str(address), port)
    assert (early is None) == (late is None), (early, late)
    return early is not None


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_the_metadata_address_is_denied_by_default(spelling: str) -> None:
    assert literal(spelling) == METADATA
    denial = guard().denies_host(parse_target_url(f"http://{spelling}/latest").host, 80)
    assert denial is not None
    assert "metadata service" in denial.message


@pytest.mark.parametrize("address", EMBEDDED)
def test_an_address_that_a_gateway_turns_into_a_denied_one_is_denied(address: str) -> None:
    assert METADATA in reached(IPv6Address(address))
    assert denied(guard(), f"[{address}]")
    assert guard().denies_address("innocent.example", address, 80) is not None


@pytest.mark.parametrize(
    "address",
    ["169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "224.0.0.1",
     "ff02::1", "0.0.0.0", "0.1.2.3", "::", "255.255.255.255", "::ffff:0.0.0.0"],
)  # fmt: skip
def test_what_nobody_means_to_measure_is_denied_by_default(address: str) -> None:
    assert guard().denies_address("somewhere.example", address, 8000) is not None


@pytest.mark.parametrize(
    "name",
    [
        "metadata.google.internal",
        "METADATA.Google.Internal",
        "metadata.google.internal.",
        "metadata",
        "metadata.goog",
    ],
)
def test_names_of_metadata_services_are_denied_whatever_they_resolve_to(name: str) -> None:
    assert guard().denies_host(name, 80) is not None
    assert guard().denies_address(name, "192.0.2.1", 80) is not None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "10.0.0.7", "172.16.0.1", "192.168.1.1", "[fd12::1]", "8.8.8.8", "[2606:4700::1]"],
)
def test_loopback_private_and_public_addresses_are_allowed_by_default_and_can_be_denied(host: str) -> None:
    assert not denied(guard(), host)
    assert denied(guard(deny=str(literal(host))), host)


@given(V4, st.integers(0, 32), PORT)
def test_a_denied_network_is_denied_in_every_form(address: IPv4Address, bits: int, port: int) -> None:
    network = ip_network((int(address), bits), strict=False)
    judge = guard(deny=str(network))
    number = int(address)
    forms = [
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(hex(part) for part in address.packed),
        ".".join(f"0{part:o}" for part in address.packed),
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        str(IPv6Address((0x2002 << 112) + (number << 80))),
    ]
    for form in forms:
        denial = judge.denies_host(form, port)
        assert denial is not None
        assert judge.denies_address("h.example", str(literal(form)), port) is not None


@given(st.one_of(V4, V6), st.one_of(V4, V6), st.integers(0, 128), PORT)
def test_allow_is_membership_and_nothing_else(
    address: IPv4Address | IPv6Address, base: IPv4Address | IPv6Address, bits: int, port: int
) -> None:
    network = ip_network((int(base), bits % (base.max_prefixlen + 1)), strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(IPv6Network("::ffff:0:0/96")):
        return
    judge = guard(allow=str(network))
    found = unwrapped(address)
    inside = found in network
    default = guard().denies_address("h.example", str(address), port) is not None
    lifted = inside and network.num_addresses == 1
    assert (judge.denies_address("h.example", str(address), port) is None) == (inside and (lifted or not default))


@given(st.text("0123456789abcdefxX.", max_size=16))
@example("0x")
@example("1.2.3.4.")
@example("4294967296")
@example("1.2.65536")
def test_whatever_the_resolver_reads_as_an_address_is_read_as_the_same_one(text: str) -> None:
    try:
        read = IPv4Address(socket.inet_aton(text))
    except OSError:
        return
    assert literal(text) == read


@given(st.text(max_size=40))
def test_a_rule_is_read_or_refused(text: str) -> None:
    try:
        rule = parse_rule(text)
    except ValueError:
        return
    assert (rule.network is None) != (rule.host == "")
    assert 1 <= rule.first_port <= rule.last_port <= 65_535
    assert parse_rule(rule.text) == rule


@pytest.mark.parametrize(
    "text",
    ["10.0.0", "10.0.0.1/8", "256.1.1.1", "0x7f.1", "010.0.0.1", "a..b", "*a.b", "a.*.b", "10.*", "h:0", "h:",
     "h:65536", "h:9-8", "h:x", "[::1", "[::1]x", "[::1]:", "fe80::/129", "ho st", "h/24", "http://h",
     "ü.example"],
)  # fmt: skip
def test_what_could_be_misread_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_rules(f"10.0.0.0/8,{text}")
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "address", "port", "covered"),
    [
        ("10.0.0.0/8:8000", "10.1.2.3", 8000, True),
        ("10.0.0.0/8:8000", "10.1.2.3", 8001, False),
        ("10.0.0.0/8:8000-8999", "10.1.2.3", 8999, True),
        ("[2001:db8::]/32:443", "2001:db8::7", 443, True),
        ("[2001:db8::/32]:443", "2001:db8::7", 80, False),
        ("[2001:db8::7]", "2001:db8::7", 80, True),
        ("2001:db8::/32", "2001:db9::7", 80, False),
        ("::ffff:10.0.0.0/104", "10.1.2.3", 80, True),
    ],
)
def test_networks_and_ports(rule: str, address: str, port: int, covered: bool) -> None:
    assert (guard(deny=rule).denies_address("h.example", address, port) is not None) == covered


@pytest.mark.parametrize(
    ("rule", "host", "port", "named"),
    [
        ("llm.example.com", "LLM.example.COM.", 80, True),
        ("llm.example.com", "a.llm.example.com", 80, False),
        ("*.example.com", "a.b.example.com", 80, True),
        ("*.example.com", "example.com", 80, False),
        ("*.example.com", "badexample.com", 80, False),
        ("*.Example.com:8000-8001", "a.example.com", 8001, True),
        ("*.example.com:8000-8001", "a.example.com", 8002, False),
        ("*:1-1023", "anything", 22, True),
        ("*:1-1023", "192.0.2.1", 22, True),
        ("*:1-1023", "192.0.2.1", 8000, False),
    ],
)
def test_names_patterns_and_ports(rule: str, host: str, port: int, named: bool) -> None:
    assert (guard(deny=rule).denies_host(host, port) is not None) == named
    assert (guard(deny=rule).denies_address(host, "192.0.2.1", port) is not None) == named
    assert (guard(allow=rule).denies_host(host, port) is None) == named
    assert (guard(allow=rule).denies_address(host, "192.0.2.1", port) is None) == named


def test_deny_wins_over_allow() -> None:
    assert denied(guard(deny="10.0.0.0/8", allow="10.0.0.7"), "10.0.0.7")
    assert denied(guard(deny="10.0.0.7", allow="10.0.0.7"), "10.0.0.7")
    assert guard(deny="*.example.com", allow="llm.example.com").denies_host("llm.example.com", 80) is not None
    assert guard(deny="169.254.169.254", allow="169.254.169.254").denies_host("0xa9fea9fe", 80) is not None


def test_a_default_denial_is_lifted_by_exactly_the_address_only() -> None:
    assert not denied(guard(allow="169.254.10.1"), "169.254.10.1")
    assert not denied(guard(allow="169.254.10.1:8000"), "169.254.10.1", 8000)
    assert denied(guard(allow="169.254.10.1:8000"), "169.254.10.1", 80)
    assert denied(guard(allow="169.254.10.0/31"), "169.254.10.1")
    assert denied(guard(allow="0.0.0.0/0"), "169.254.10.1")
    assert denied(guard(allow="*"), "169.254.10.1")
    assert denied(guard(allow="169.254.169.254"), "[64:ff9b::a9fe:a9fe]")
    named = guard(allow="metadata.google.internal")
    assert named.denies_host("metadata.google.internal", 80) is None
    assert named.denies_address("metadata.google.internal", "169.254.169.254", 80) is not None
    assert guard(allow="*.google.internal").denies_host("metadata.google.internal", 80) is not None


def test_a_name_waits_for_its_addresses_where_networks_are_allowed() -> None:
    judge = guard(allow="10.0.0.0/8:8000")
    assert judge.denies_host("llm.example", 8000) is None
    assert judge.denies_host("llm.example", 80) is not None
    assert judge.denies_address("llm.example", "10.0.0.7", 8000) is None
    assert judge.denies_address("llm.example", "11.0.0.7", 8000) is not None


def test_the_message_names_target_and_rule() -> None:
    denial = guard(deny="10.0.0.0/8").denies_address("llm.example", "10.0.0.7", 8000)
    assert denial is not None
    assert denial.rule == "10.0.0.0/8"
    for told in ("llm.example", "10.0.0.7:8000", "'10.0.0.0/8'", "LOADCELL_TARGET_DENY"):
        assert told in denial.message
    denial = guard(allow="10.0.0.0/8").denies_host("[2001:db8::1]", 8000)
    assert denial is not None
    assert "[2001:db8::1]:8000" in denial.message
    assert "LOADCELL_TARGET_ALLOW" in denial.message


def test_several_addresses_are_refused_when_none_is_allowed() -> None:
    no = guard().denies_host("169.254.169.254", 80)
    assert no is not None
    assert refused_everywhere([no, no]) == no
    assert refused_everywhere([no, None]) is None
    assert refused_everywhere([]) is None
    assert ip_address("::1") == literal("[::1]")


RULES = st.lists(
    st.one_of(
        st.builds(
            lambda address, bits: str(ip_network((int(address), bits), strict=False)), V4, st.integers(0, 32)
        ),
        st.builds(lambda address, port: f"{address}:{port}", V4, PORT),
        st.sampled_from(
            ["*", "*.example.com", "llm.example.com", "*:8000-8999", "169.254.169.254", "::/0", "::1"]
        ),
    ),
    max_size=3,
).map(",".join)
HOSTS = st.one_of(V4.map(str), st.sampled_from(["llm.example.com", "example.com", "metadata", "169.254.169.254"]))


@given(RULES, RULES, RULES, HOSTS, st.one_of(V4, V6), PORT)
@example("", "", "169.254.169.254,*", "169.254.169.254", IPv4Address("169.254.169.254"), 80)
@example("10.0.0.0/8", "10.0.0.7", "10.0.0.7", "10.0.0.7", IPv4Address("10.0.0.7"), 80)
def test_the_list_of_a_project_takes_away_and_never_adds(
    deny: str, allow: str, project: str, host: str, address: IPv4Address | IPv6Address, port: int
) -> None:
    without, judge = guard(deny, allow), TargetGuard(parse_rules(deny), parse_rules(allow), parse_rules(project))
    alone = guard(allow=project)
    early, late = judge.denies_host(host, port), judge.denies_address(host, str(address), port)
    for found, before, listed in (
        (early, without.denies_host(host, port), alone.denies_host(host, port)),
        (late, without.denies_address(host, str(address), port), alone.denies_address(host, str(address), port)),
    ):
        if before is not None:
            assert found == before
        elif found is not None:
            assert project
            assert found.rule == "allowed_targets"
            assert listed is not None
        elif (
            project
            and guard().denies_host(host, port) is None
            and guard().denies_address(host, str(address), port) is None
        ):
            assert listed is None


def test_a_project_may_be_aimed_at_what_both_lists_have() -> None:
    judge = TargetGuard((), parse_rules("10.0.0.0/8"), parse_rules("llm.example.com,10.1.0.0/16:8000"))
    assert judge.denies_host("llm.example.com", 80) is None
    assert judge.denies_address("llm.example.com", "10.2.0.1", 80) is None
    denial = judge.denies_address("llm.example.com", "192.0.2.1", 80)
    assert denial is not None
    assert denial.rule == "LOADCELL_TARGET_ALLOW"
    assert judge.denies_address("other.example.com", "10.1.0.1", 8000) is None
    for host, address, port in (("other.example.com", "10.2.0.1", 8000), ("10.1.0.1", "10.1.0.1", 8001)):
        denial = judge.denies_address(host, address, port)
        assert denial is not None
        assert denial.rule == "allowed_targets"
        assert f"{address}:{port}" in denial.message
