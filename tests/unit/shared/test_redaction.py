"""Personal data in texts: what is found, what is left alone, and that no text takes more than its length."""

from __future__ import annotations

import string
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadcell.redaction import Kind, find_personal, is_redacted, redact

ENOUGH = 100_000
PERSONAL = {
    Kind.EMAIL: ["bob@example.com", "first.last+tag@mail.example.co.uk", "jörg@müller.example", "A_B%c@x-y.io"],
    Kind.PHONE: [
        "+49 (0) 30 1234567",
        "+1-212-555-0123",
        "+442079460958",
        "0049 171 2345679",
        "(212) 555-0123",
        "212-555-0123",
        "1.212.555.0123",
        "020 7946 0958",
        "0171/2345678",
        "01 23 45 67 89",
    ],
    Kind.CARD: [
        "4111111111111111",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "3782 822463 10005",
        "6011.0009.9013.9424",
        "4222222222222",
    ],
    Kind.SSN: ["078-05-1120", "219 09 9999", "912-34-5678"],
    Kind.IP: ["192.168.0.1", "8.8.8.8", "2001:db8::1", "::1", "fe80::1ff:fe23:4567:890a", "::ffff:10.0.0.7"],
}
EVERY = [(kind, text) for kind, texts in PERSONAL.items() for text in texts]
HARMLESS = [
    "no personal data at all",
    "at 12:34:56 on 2026-11-21, 3.14159 of 1,000,000",
    "version 1.2.3 and 1.2.3.4.5, std::vector<int>::size(), a :: b",
    "order 4111111111111112, id 123e4567-e89b-12d3-a456-426614174000",
    "user@localhost said @somebody",
    "000-12-3456 and 666-12-3456 and 123-00-4567 and 123-45-0000",
    "999.999.999.999 and 1.2.3",
    "5 + 3 - 2 * 100 / 7 = (8)",
    "1700000000",
]
# What stands around a text without belonging to it.
AROUND = st.text(string.ascii_letters + string.whitespace + ",;!?()[]{}<>=\"'|ßé漢", max_size=40)


def cards() -> st.SearchStrategy[str]:
    """Numbers of 13 to 19 digits with the right last one."""

    def complete(digits: str) -> str:
        for last in string.digits:
            number = digits + last
            values = [int(one) for one in reversed(number)]
            doubled = [2 * one - 9 * (one > 4) for one in values[1::2]]
            if (sum(values[::2]) + sum(doubled)) % 10 == 0:
                return number
        raise AssertionError(digits)

    return st.text(string.digits, min_size=12, max_size=18).map(complete)


GENERATED = st.one_of(
    st.emails(domains=st.just("mail.example.com")).filter(lambda mail: mail.partition("@")[0].isalnum()),
    cards(),
    st.integers(1, 2**32 - 1).map(lambda number: str(IPv4Address(number))),
    st.integers(1, 2**128 - 1).map(lambda number: str(IPv6Address(number))),
    st.from_regex(r"\A[1-57-9][0-9]{2}-[1-9][0-9]-[1-9][0-9]{3}\Z"),
    st.from_regex(r"\A\+[1-9][0-9]{1,2} [0-9]{3} [0-9]{4,6}\Z", alphabet=string.digits + "+ "),
    st.sampled_from([text for _, text in EVERY]),
)


@pytest.mark.parametrize(("kind", "text"), EVERY)
def test_what_is_personal_is_replaced(kind: Kind, text: str) -> None:
    for before, after in (("", ""), ("is ", " indeed"), ("<", ">"), ("(", "),"), ("mine: ", "."), ('"', '"')):
        redacted = redact(f"{before}{text}{after}", ENOUGH)
        assert redacted == f"{before}[redacted {kind}]{after}"
        assert is_redacted(redacted)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_not_personal_stays(text: str) -> None:
    assert redact(text, ENOUGH) == text
    assert not is_redacted(text)


def test_a_card_is_found_beside_other_digits() -> None:
    assert redact("4111 1111 1111 1111 123", ENOUGH) == "[redacted card] 123"
    assert redact("2026 4111 1111 1111 1111", ENOUGH).endswith("[redacted card]")


def test_only_what_is_wanted_is_replaced() -> None:
    text = "bob@example.com at 10.0.0.7"
    assert redact(text, ENOUGH, kinds={Kind.EMAIL}) == "[redacted e-mail] at 10.0.0.7"


@given(AROUND, GENERATED, AROUND)
def test_nothing_personal_is_left_whatever_stands_around_it(before: str, personal: str, after: str) -> None:
    redacted = redact(f"{before} {personal} {after}", ENOUGH)
    assert personal not in redacted
    assert is_redacted(redacted)


@given(AROUND, st.lists(GENERATED, min_size=1, max_size=4), st.integers(0, 120))
def test_what_lies_across_the_end_is_replaced_as_a_whole(before: str, personal: list[str], limit: int) -> None:
    text = f"{before} {' and '.join(personal)} "
    redacted = redact(text, limit)
    spans = find_personal(text)
    assert len(redacted) <= max(limit, len("[redacted e-mail]"))
    assert is_redacted(redacted) == any(span.start < limit for span in spans)
    for span in spans:
        # No more than what any text may begin with by chance is left of it.
        assert text[span.start : span.end] not in redacted


@given(st.text(max_size=300))
@example("a@a.a@a.a")
@example("1.1.1.1.1.1.1.1")
@example("::::::")
@example("+" * 20 + "1" * 20)
def test_every_text_is_taken(text: str) -> None:
    spans = find_personal(text)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert bool(spans) == (redact(text, ENOUGH) != text)


# Were there two ways to match any of these, they would not be done before the sun is cold.
@pytest.mark.parametrize(
    "piece",
    ["a", "1", "@", "a@", "a.", "a@a.", ":", "1:", "f", "1.", "1 ", "11 ", "111 ", "1111-", "+1", "+1 ", "0",
     "01 ", "(0", "(212) ", "00 ", ".-", "-", "1-", "é", "%", "123-45-", "1.1.1.1", "::1"],
)  # fmt: skip
def test_no_text_takes_more_than_its_length(piece: str) -> None:
    for end in ("", "@", "!", "1", "x"):
        text = piece * (16_384 // len(piece)) + end
        assert len(redact(text, len(text))) <= len(text)
