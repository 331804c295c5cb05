from __future__ import annotations

import json
from typing import Any

import httptools
import pytest

from agent.targets import registry
from agent.targets.answer import Answer
from agent.targets.dialect import Dialect
from agent.targets.endpoint import Endpoint
from agent.targets.prompt import Prompt
from loadcell import __version__
from loadcell.errors import LoadcellError

ENDPOINT = Endpoint.parse("http://h:8000")
TEXT = Prompt(text_json=b'"a \\"b\\" \\u00e9"')
MESSAGES = Prompt(messages_json=b'[{"role":"system","content":"s"}]')


def create(adapter: str = "openai", **options: Any) -> Dialect:
    return registry.create(adapter, ENDPOINT, model='m"1', **options)


class Parsed:
    """A request as an HTTP parser that is not ours understands it."""

    def __init__(self, data: bytes) -> None:
        self.headers: dict[str, str] = {}
        self.body, self.url, self.complete = b"", b"", False
        httptools.HttpRequestParser(self).feed_data(data)
        assert self.complete
        self.document = json.loads(self.body)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        assert name.decode() not in self.headers
        self.headers[name.decode()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


def test_a_chat_request() -> None:
    request = Parsed(create(api_key="k").build(TEXT, 17))
    assert request.url == b"/v1/chat/completions"
    assert request.headers == {
        "host": "h:8000",
        "content-type": "application/json",
        "accept": "text/event-stream",
        "user-agent": f"loadcell/{__version__}",
        "authorization": "Bearer k",
        "content-length": str(len(request.body)),
    }
    assert request.document == {
        "model": 'm"1',
        "messages": [{"role": "user", "content": 'a "b" é'}],
        "max_tokens": 17,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_messages_go_through_unchanged() -> None:
    assert Parsed(create().build(MESSAGES, 1)).document["messages"] == [{"role": "system", "content": "s"}]


def test_a_completions_request_without_streaming() -> None:
    request = Parsed(create("openai-completions", stream=False).build(TEXT, 3))
    assert request.url == b"/v1/completions"
    assert request.headers["accept"] == "application/json"
    assert request.document == {
        "model": 'm"1',
        "prompt": 'a "b" é',
        "max_tokens": 3,
        "temperature": 0,
        "stream": False,
    }


def test_completions_refuse_messages_and_say_what_to_do() -> None:
    with pytest.raises(LoadcellError, match="use adapter openai"):
        create("openai-completions").build(MESSAGES, 1)


@pytest.mark.parametrize("adapter", ["openai", "openai-completions"])
def test_M14_the_output_length_is_pinned(adapter: str) -> None:
    document = Parsed(create(adapter, pin_output=True).build(TEXT, 40)).document
    assert (document["max_tokens"], document["min_tokens"], document["ignore_eos"]) == (40, 40, True)
    assert "ignore_eos" not in Parsed(create(adapter).build(TEXT, 40)).document


def test_an_extra_header_replaces_a_default() -> None:
    request = Parsed(create(headers={"X-Tenant": "blue", "User-Agent": "me"}).build(TEXT, 1))
    assert (request.headers["x-tenant"], request.headers["user-agent"]) == ("blue", "me")


@pytest.mark.parametrize("wrong", [{"headers": {"x-a": "b\r\nx-c: d"}}, {"api_key": "b\r\nx-c: d"}])
def test_headers_that_would_break_the_message_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(LoadcellError) as caught:
        create(**wrong)
    assert caught.value.field in wrong


def test_an_unknown_adapter_lists_the_names() -> None:
    with pytest.raises(LoadcellError, match="openai, openai-completions, not 'triton'") as caught:
        create("triton")
    assert caught.value.field == "adapter"


def test_credentials_never_leave_with_a_message() -> None:
    dialect = create(api_key="sk-1", headers={"x-key": "tok-2"})
    assert dialect.sanitize("bad sk-1,\r\n\x1b[31mtok-2") == "bad [redacted], [31m[redacted]"
    assert len(dialect.sanitize("é" * 1000)) == 512
    assert dialect.sanitize("abcdef", 5) == "ab..."


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Token"])
def test_a_credential_behind_a_scheme_never_leaves_with_a_message(scheme: str) -> None:
    dialect = create(headers={"Authorization": f"{scheme} tok-12345"})
    assert dialect.sanitize("key tok-12345 is unknown") == "key [redacted] is unknown"
    assert dialect.sanitize(f"{scheme} tok-12345 is a {scheme} key") == f"[redacted] is a {scheme} key"


def test_a_credential_in_an_unreadable_event_is_not_cut_in_half() -> None:
    dialect, answer = create(api_key="sk-very-secret"), Answer()
    dialect.read_events(answer, [b" " * 190 + b"sk-very-secret"], 1)
    assert "sk-very" not in dialect.sanitize(answer.problem or "sk-very")


def test_a_prompt_is_one_of_two_kinds() -> None:
    with pytest.raises(ValueError, match="either"):
        Prompt()
    with pytest.raises(ValueError, match="either"):
        Prompt(text_json=b'""', messages_json=b"[]")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"m","type":"t"}}', "m"),
        (b'{"error":"m"}', "m"),
        (b'{"message":"m"}', "m"),
        (b'{"detail":[{"loc":["body"]}]}', '[{"loc":["body"]}]'),
        (b"<html>busy</html>", "<html>busy</html>"),
        (b"[1]", "[1]"),
        (b"\xff", "\ufffd"),
    ],
)
def test_the_message_of_an_error_body(body: bytes, message: str) -> None:
    assert create().error_message(body) == message


def test_personal_data_is_taken_out_of_what_is_kept_and_sent_as_it_is() -> None:
    asked = Prompt(text_json=b'"I am bob@example.com, key-123456, 10.0.0.7"')
    plain, redacting = create(api_key="key-123456"), create(api_key="key-123456", redact=True)
    request = redacting.build(asked, 1)
    assert request == plain.build(asked, 1)
    spoken = b"Call +1 212 555 0123"
    assert plain.texts(request, spoken) == ("I am bob@example.com, [redacted], 10.0.0.7", spoken.decode())
    assert redacting.texts(request, spoken) == (
        "I am [redacted e-mail], [redacted], [redacted IP]",
        "Call [redacted phone]",
    )
    assert redacting.texts(request, b"x" * 16_380 + b"4111111111111111")[1].endswith("x[redacted card]")
    # Of a failure the address is what it is about.
    told = "10.0.0.7:8000 does not take bob@example.com"
    assert redacting.sanitize(told) == "10.0.0.7:8000 does not take [redacted e-mail]"
    assert plain.sanitize(told) == told
