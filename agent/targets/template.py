"""Request bytes built once; per request only the prompt, the lengths and nothing else is spliced in."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from agent.targets.endpoint import Endpoint
from loadcell import __version__
from loadcell.target_headers import check_api_key, check_headers


class RequestTemplate:
    """An HTTP/1.1 POST of a JSON body that begins with the model and the prompt."""

    __slots__ = ("_end", "_head", "_pin_output", "_start")

    def __init__(
        self,
        endpoint: Endpoint,
        path: str,
        *,
        model: str,
        stream: bool,
        api_key: str,
        headers: Mapping[str, str],
        pin_output: bool,
    ) -> None:
        """Prepare the constant parts.

        Raises:
            LoadcellError: INVALID_FIELD_VALUE, field headers or api_key. The message never contains a value.
        """
        check_api_key(api_key)
        check_headers(headers)
        fields = {
            "host": endpoint.authority,
            "content-type": "application/json",
            "accept": "text/event-stream" if stream else "application/json",
            "user-agent": f"loadcell/{__version__}",
        }
        if api_key:
            fields["authorization"] = f"Bearer {api_key}"
        fields |= {name.lower(): value for name, value in headers.items()}
        lines = [f"POST {endpoint.path(path)} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        self._head = "\r\n".join([*lines, "content-length: "]).encode("latin-1")
        self._start = b'{"model":' + orjson.dumps(model) + b","
        self._pin_output = pin_output
        # Greedy decoding makes runs repeatable; usage is the server's own count of tokens.
        streaming = b'"stream":true,"stream_options":{"include_usage":true}' if stream else b'"stream":false'
        self._end = b',"temperature":0,' + streaming + b"}"

    def build(self, prompt_member: bytes, max_tokens: int) -> bytes:
        """Return the request with `prompt_member`, for example b'"prompt":"Hi"', and a limit of the output."""
        count = b"%d" % max_tokens
        body = self._start + prompt_member + b',"max_tokens":' + count
        if self._pin_output:
            body += b',"min_tokens":' + count + b',"ignore_eos":true'
        body += self._end
        return self._head + b"%d\r\n\r\n" % len(body) + body
