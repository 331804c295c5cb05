"""The decision: may this target be connected to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from loadcell.target_guard.addresses import Address, literal, plain_host, reached, unwrapped
from loadcell.target_guard.rules import Rule, Rules, parse_rule

# No server that anybody means to measure is there, but what runs in a cloud is given its credentials from there.
_DENIED_BY_DEFAULT = {
    "the metadata service of a cloud": (
        "169.254.169.254",
        "fd00:ec2::/64",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "instance-data",
        "instance-data.ec2.internal",
    ),
    "a link-local address": ("169.254.0.0/16", "fe80::/10"),
    "a multicast address": ("224.0.0.0/4", "ff00::/8"),
    "an unspecified address": ("0.0.0.0/8", "::"),
    "the broadcast address": ("255.255.255.255",),
}
_BUILT_IN = tuple((parse_rule(text), what) for what, texts in _DENIED_BY_DEFAULT.items() for text in texts)


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a target may not be connected to: the rule, and a sentence that names it."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class TargetGuard:
    """What may be a target: `deny` wins over `allow`; with an `allow`, nothing else may be one.

    What is denied by default is denied beside `deny`. A rule of `allow` lifts that for exactly the address, or
    exactly the host name, that it names; one for a network or "*.name" that has it among others does not.
    `project` is the list of the project that load is made for: with one, nothing that is not in it may be a target
    either. It takes away and never adds.
    """

    deny: Rules = ()
    allow: Rules = ()
    project: Rules = ()

    def denies_host(self, host: str, port: int) -> Denial | None:
        """Judge a target before its name is looked up, as far as that can be.

        Args:
            host: A name or an address in any spelling that resolvers take.
            port: From 1 to 65535.
        """
        address = literal(host)
        if address is not None:
            return self._denies(plain_host(host), address, port)
        place, name = f"{host}:{port}", plain_host(host)
        # Where a network is allowed, its addresses may be in that.
        return self._denies_name(place, name, port) or self._outside(
            place, lambda rule: rule.names(name, port) or (rule.network is not None and rule.has_port(port))
        )

    def denies_address(self, host: str, address: str, port: int) -> Denial | None:
        """Judge the very address that is about to be connected to.

        Args:
            host: What was looked up.
            address: What was found: an address as getaddrinfo gives it.
            port: From 1 to 65535.
        """
        name = plain_host(host)
        found = unwrapped(ip_address(address.partition("%")[0]))
        if literal(host) is None:
            denial = self._denies_name(f"{host}:{port}", name, port)
            if denial is not None:
                return denial
        return self._denies(name, found, port)

    def _denies_name(self, place: str, name: str, port: int) -> Denial | None:
        for rule in self.deny:
            if rule.names(name, port):
                return _denied(place, rule)
        lifted = any(rule.host == name and rule.names(name, port) for rule in self.allow)
        for rule, what in _BUILT_IN:
            if rule.names(name, port) and not lifted:
                return _denied_by_default(place, rule, what, name)
        return None

    def _denies(self, name: str, address: Address, port: int) -> Denial | None:
        place = _place(name, address, port)
        forms = tuple(reached(address))
        for rule in self.deny:
            if rule.host == "*" and rule.names(name, port):
                return _denied(place, rule)
            if any(rule.covers(form, port) for form in forms):
                return _denied(place, rule)
        lifted = any(rule.is_exactly(address, port) for rule in self.allow)
        for rule, what in _BUILT_IN:
            if not lifted and any(rule.covers(form, port) for form in forms):
                return _denied_by_default(place, rule, what, str(address))
        return self._outside(place, lambda rule: rule.names(name, port) or rule.covers(address, port))

    def _outside(self, place: str, has_it: Callable[[Rule], bool]) -> Denial | None:
        """Return which list of what may be a target does not have one, None when each that there is does."""
        if self.allow and not any(map(has_it, self.allow)):
            return Denial("LOADCELL_TARGET_ALLOW", f"the target {place} is none of those in LOADCELL_TARGET_ALLOW")
        if self.project and not any(map(has_it, self.project)):
            return Denial(
                "allowed_targets", f"the target {place} is none of those that runs of its project may have"
            )
        return None


def refused_everywhere(denials: Sequence[Denial | None]) -> Denial | None:
    """Return why none of several addresses may be connected to, None when one of them may or there is none."""
    return None if None in denials else next(iter(denials), None)


def _place(name: str, address: Address, port: int) -> str:
    shown = f"[{address}]" if address.version == 6 else str(address)
    return f"{shown}:{port}" if name == str(address) else f"{name} ({shown}:{port})"


def _denied(place: str, rule: Rule) -> Denial:
    return Denial(rule.text, f"the target {place} is denied by {rule.text!r} in LOADCELL_TARGET_DENY")


def _denied_by_default(place: str, rule: Rule, what: str, exactly: str) -> Denial:
    return Denial(
        rule.text,
        f"the target {place} is {what} ({rule.text}), which is denied by default;"
        f" {exactly!r} in LOADCELL_TARGET_ALLOW lifts that",
    )
