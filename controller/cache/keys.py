"""Under what an answer is kept: all of the question, and whose requests the caller may see."""

from __future__ import annotations

import hashlib

from google.protobuf.message import Message

from controller.scope import Scope


def key_of(request: Message, scope: Scope) -> str:
    """Return the key of a question: 64 hexadecimal digits.

    Moments relative to now stay relative in a request, so questions that differ in when they were asked alone are
    the same.
    """
    digest = hashlib.sha256()
    projects = ["every"] if scope.projects is None else ["some", *sorted(scope.projects)]
    for part in (request.DESCRIPTOR.full_name, *projects):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8))
        digest.update(encoded)
    digest.update(b"\xff")  # no length begins so: what follows is the request
    digest.update(request.SerializeToString(deterministic=True))
    return digest.hexdigest()
