"""Settings: environment variables, read once in `__main__`, cast, validated and frozen.

A settings class is a frozen dataclass whose fields are made with `setting`. Each field names its variables, the
first being the documented one and the others aliases; a variable with a secret may also be given as NAME_FILE.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from loadcell.exit_codes import PassingError, passes
from loadcell.secret_file import read_secret

_META = "loadcell"


class SettingsError(Exception):
    """A setting cannot be used; the text names the variable and the value (never a secret value)."""


class NotNowError(SettingsError, PassingError):
    """It cannot be used now, which may be otherwise in a while."""


def kind_of(error: OSError) -> type[SettingsError]:
    """Return what an error of the system is, met while a setting is put to use."""
    return NotNowError if passes(error) else SettingsError


class Secret:
    """A text that must not be shown: `repr` and `str` are redacted, `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret()"

    __str__ = __repr__


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Where to listen or dial: a host and a port, or the path of a unix socket.

    `others` are further places to dial, in their order, when nobody answers here.
    """

    host: str
    port: int
    unix_path: str = ""
    others: tuple[Address, ...] = ()

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        return bool(self.unix_path) or self.host in ("localhost", "::1") or self.host.startswith("127.")

    def __str__(self) -> str:
        if self.unix_path:
            return f"unix:{self.unix_path}"
        here = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        return ",".join([here, *map(str, self.others)])


@dataclasses.dataclass(frozen=True, slots=True)
class SettingInfo:
    """What is known of a setting: its variables (the documented one first), its parser and its description.

    The value of a hidden one is never shown; it may be given as a file.
    """

    names: tuple[str, ...]
    parse: Callable[[str], Any]
    doc: str
    hidden: bool


def setting(
    default: Any, *, parse: Callable[[str], Any], names: tuple[str, ...], doc: str, hidden: bool = False
) -> Any:
    """Declare a field of a settings class; `parse` raises ValueError for texts that cannot be used.

    `hidden` says that the value may hold a secret besides other things; a value of `secret` or of `credential` is
    always hidden.
    """
    info = SettingInfo(names, parse, doc, hidden or parse in (secret, credential))
    return dataclasses.field(default=default, metadata={_META: info})


class SettingsClass(Protocol):
    """Any frozen dataclass with fields made by `setting`."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


S = TypeVar("S", bound=SettingsClass)


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """One setting that the environment says something about.

    Attributes:
        field: Name of the field.
        name: The variable it is read from.
        info: What is known of the setting.
        value: What it says; None when that cannot be used.
        problem: Why it cannot, None when it can.
    """

    field: str
    name: str
    info: SettingInfo
    value: Any = dataclasses.field(repr=False)
    problem: SettingsError | None


def readings(cls: type[SettingsClass], environ: Mapping[str, str]) -> Iterator[Reading]:
    """Yield each setting of a class that the environment says something about, in their order."""
    for field in dataclasses.fields(cls):
        info: SettingInfo = field.metadata[_META]
        for name in info.names:
            try:
                text = _read(name, info, environ)
                if text is None:
                    continue
                yield Reading(field.name, name, info, _cast(_source(name, text, info, environ), text, info), None)
            except SettingsError as problem:
                yield Reading(field.name, name, info, None, problem)
            break


def load(cls: type[S], environ: Mapping[str, str]) -> S:
    """Read a settings class from the environment.

    Raises:
        SettingsError: a value cannot be used, a secret is nothing but white space, or a variable and its NAME_FILE
            are both set.
    """
    values: dict[str, Any] = {}
    for reading in readings(cls, environ):
        if reading.problem is not None:
            raise reading.problem
        values[reading.field] = reading.value
    return cls(**values)


def describe(cls: type[SettingsClass]) -> list[tuple[SettingInfo, Any]]:
    """Return every setting of a class with its default, for the documentation."""
    return [(field.metadata[_META], field.default) for field in dataclasses.fields(cls)]


def both(one: str, first: object, other: str, second: object) -> None:
    """Refuse one of two settings without the other; None stands for a setting that is not there.

    Raises:
        SettingsError: only one of them is there.
    """
    if (first is None) != (second is None):
        given, missing = (one, other) if second is None else (other, one)
        raise SettingsError(f"{given}={first or second}: set {missing} as well")


def _read(name: str, info: SettingInfo, environ: Mapping[str, str]) -> str | None:
    text = environ.get(name)
    if not info.hidden:
        return text or None
    file = environ.get(f"{name}_FILE")
    if not file:
        if text and not text.strip():
            raise SettingsError(f"{name}: holds nothing but white space; set it to a secret or unset it")
        return text or None
    if text:
        raise SettingsError(f"{name} and {name}_FILE are both set; set one of them")
    try:
        found = read_secret(file)
    except ValueError as error:
        raise SettingsError(f"{name}_FILE={file}: {error}") from error
    if not found:
        # Whoever names a file means a secret, and without one everybody might be let in.
        raise SettingsError(f"{name}_FILE={file}: the file is empty; write the secret there or unset the variable")
    return found


def _source(name: str, text: str, info: SettingInfo, environ: Mapping[str, str]) -> str:
    """Return what to show of where a value comes from: the variable with it, or with the file that it is in."""
    if not info.hidden:
        return f"{name}={text!r}"
    file = environ.get(f"{name}_FILE")
    return f"{name}_FILE={file}" if file else f"{name}=***"


def _cast(source: str, text: str, info: SettingInfo) -> Any:
    try:
        return info.parse(text)
    except ValueError as error:
        raise SettingsError(f"{source}: {error}") from error


def text(value: str) -> str:
    """Parse any text."""
    return value


def secret(value: str) -> Secret:
    """Parse a secret text."""
    return Secret(value)


def credential(value: str) -> Secret:
    """Parse a key or a token that is sent with calls."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError("must be printable ASCII characters in one line")
    return Secret(value)


def integer(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `minimum` to `maximum`."""

    def parse(value: str) -> int:
        try:
            number_ = int(value)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not minimum <= number_ <= maximum:
            raise ValueError(f"must be from {minimum} to {maximum}")
        return number_

    return parse


def number(minimum: float, maximum: float) -> Callable[[str], float]:
    """Return a parser of numbers from `minimum` to `maximum`."""

    def parse(value: str) -> float:
        try:
            number_ = float(value)
        except ValueError:
            raise ValueError("must be a number") from None
        if not minimum <= number_ <= maximum:
            raise ValueError(f"must be from {minimum:g} to {maximum:g}")
        return number_

    return parse


def boolean(value: str) -> bool:
    """Parse true/false, 1/0, yes/no, on/off in either case."""
    lowered = value.strip().lower()
    if lowered in ("true", "1", "yes", "on"):
        return True
    if lowered in ("false", "0", "no", "off"):
        return False
    raise ValueError("must be true or false")


def path(value: str) -> Path:
    """Parse a path; a leading ~ is the home directory."""
    return Path(value).expanduser()


def choice(*allowed: str) -> Callable[[str], str]:
    """Return a parser of one of the allowed words, in either case."""

    def parse(value: str) -> str:
        lowered = value.strip().lower()
        if lowered not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return lowered

    return parse


def address(value: str) -> Address:
    """Parse "host:port", "[ipv6]:port" or "unix:/path"."""
    if value.startswith("unix:"):
        socket_path = value.removeprefix("unix:").removeprefix("//")
        if not socket_path:
            raise ValueError("must name a path after unix:")
        return Address("", 0, socket_path)
    return tcp_address(value, otherwise=", or unix:/path")


def tcp_address(value: str, *, otherwise: str = "") -> Address:
    """Parse "host:port" or "[ipv6]:port"; `otherwise` is what else it may be, for the error."""
    host, separator, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"must be host:port with a port from 0 to 65535{otherwise}")
    if ":" in host and not _is_ipv6(host):
        raise ValueError(
            "must be one host:port; several have commas between them, IPv6 is written [2001:db8::7]:50051"
        )
    return Address(host, int(port))


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def addresses(value: str) -> Address:
    """Parse what to dial: one address, or several "host:port" with commas between them, tried in their order."""
    if "," not in value:
        return address(value)
    first, *others = (address(part) for part in words(value))
    if first.unix_path or any(other.unix_path for other in others):
        raise ValueError("must be one unix:/path alone, or host:port,host:port,...")
    return dataclasses.replace(first, others=tuple(others))


def labels(value: str) -> dict[str, str]:
    """Parse "key=value,key=value"."""
    result: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in value.split(","))):
        key, separator, found = part.partition("=")
        if not separator or not key.strip():
            raise ValueError(f"{part!r} is not of the form key=value")
        if key.strip() in result:
            raise ValueError(f"{key.strip()!r} is given twice")
        result[key.strip()] = found.strip()
    return result


def words(value: str) -> tuple[str, ...]:
    """Parse a comma-separated list."""
    return tuple(filter(None, (piece.strip() for piece in value.split(","))))
