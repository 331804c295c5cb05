"""Wrong command lines, told in our words: what was given, and what is allowed."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from typing import Any

_NO_COMMAND = re.compile(r"No such command '(.*?)'\.", re.DOTALL)


def told(error: Exception) -> str:
    """Return the sentence for an error that typer has raised."""
    if getattr(error, "option_name", ""):
        return _of_flag(error)
    if getattr(error, "param", None) is not None:
        return _of_value(error)
    return _of_command(error)


def _of_flag(error: Any) -> str:
    flag = error.option_name
    if hasattr(error, "possibilities"):  # the nearest first
        return f"no such option {_shown(flag)}{_meant(error.possibilities or (), error.ctx)}"
    return f"{flag} {_own(error).partition(flag)[2].strip(chr(39) + ' ')}"


def _of_command(error: Any) -> str:
    context, message = getattr(error, "ctx", None), getattr(error, "message", str(error))
    if context is not None and (found := _NO_COMMAND.match(message)):
        return f"no such command '{found[1]}'{_meant(get_close_matches(found[1], _commands(context)), context)}"
    if context is not None and message == "Missing command.":
        return f"a command is missing; `{context.command_path}` has {', '.join(_commands(context))}"
    return _own(error)


def _of_value(error: Any) -> str:
    param, name = error.param, _name(error.param)
    if not error.message and param.required:
        return f"{name} is missing{_see(error.ctx)}"
    cause = error.__cause__
    wrong = cause.errors() if hasattr(cause, "errors") else ()
    if not wrong:
        return f"{name}: {_plain(error.message)}"
    return f"{name} {_shown(wrong[0]['input'])}: must be {_allowed(param) or _plain(wrong[0]['msg'])}"


def _own(error: Exception) -> str:
    """Return what typer says, as one of our sentences."""
    return _plain(getattr(error, "format_message", error.__str__)())


def _plain(message: str) -> str:
    text = " ".join(message.split()).removesuffix(".")
    return text[:1].lower() + text[1:]


def _name(param: Any) -> str:
    longest: str = max(param.opts, key=len)
    return longest if longest.startswith("-") else str(param.metavar or longest.upper()).removesuffix("...")


def _shown(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and text and " " not in text else repr(text)


def _allowed(param: Any) -> str:
    """Return which values a parameter takes; empty where it does not say."""
    kind = param.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of {', '.join(str(choice.value) for choice in kind)}"
    if kind not in (int, float):
        return ""
    noun = "a whole number" if kind is int else "a number"
    match (param.min, param.max):
        case (None, None):
            return noun
        case (low, None):
            return f"{noun} of at least {low:,}"
        case (None, high):
            return f"{noun} of at most {high:,}"
        case (low, high):
            return f"{noun} from {low:,} to {high:,}"


def _commands(context: Any) -> list[str]:
    return list(getattr(context.command, "commands", ()))


def _meant(near: Iterable[str], context: Any) -> str:
    nearest = next(iter(near), "")
    return f"; did you mean {nearest}?" if nearest else _see(context)


def _see(context: Any) -> str:
    return f"; see `{context.command_path} --help`" if context is not None else ""
