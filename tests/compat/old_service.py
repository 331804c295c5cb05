"""The system in the place of the older ones."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass
from typing import Any

from tests.patience import PATIENCE_SECONDS

KEY, MODEL = "your-secret-key", "qwen3-14b"
# What the settings of the two were called.
SETTINGS = {
    "API_KEY": KEY,
    "JWT_SECRET": "a secret of more than thirty-two characters",
    "LOADCELL_PUBLIC_READS": "true",
    "RATE_LIMIT_ENABLED": "true",
    "GRAPHQL_PLAYGROUND": "true",
}


@dataclass(frozen=True)
class Answer:
    """What curl printed with -i."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class OldService:
    """Stands where the older systems stood.

    Attributes:
        http: Where the gateway is.
        exporter: Where its metrics are.
        model_server: An LLM server to put under load.
    """

    http: str
    exporter: str
    model_server: str

    @property
    def base(self) -> str:
        return f"http://{self.http}"

    def curl(self, line: str, **values: str) -> Answer:
        """Carry out a line of curl as it stands in the older documentation.

        Args:
            line: The line; addresses are replaced by where the system is here.
            values: What to put in the place of "$NAME".
        """
        for documented in ("localhost:8085", "localhost:8080"):
            line = line.replace(documented, self.http)
        line = line.replace("localhost:9091", self.exporter).replace("localhost:9090", self.exporter)
        line = line.replace("http://localhost:8000", self.model_server)
        for name, value in values.items():
            line = line.replace(f"${name}", value)
        words = shlex.split(line.replace("\\\n", " "))
        assert words[0] == "curl"
        done = subprocess.run(
            ["curl", "-s", "-i", "--noproxy", "*", *words[1:]],
            capture_output=True,
            check=True,
            timeout=PATIENCE_SECONDS,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Answer(int(first.split()[1]), headers, body)
