"""What answers to a GET say to caches, and how callers ask whether what they have is still good."""

from __future__ import annotations

from gateway.openapi.operation import Answer, header_parameter

CACHING = {
    "ETag": "What the answer is, apart from its meta: as long as it is the same, so is the answer.",
    "Cache-Control": "For how long it may be kept, by nobody but the caller.",
    "Vary": "What the answer follows from beside the URL.",
    "Age": "How long ago it was computed, in seconds; where it is kept.",
    "Last-Modified": "When it was computed; where it is kept.",
}
UNCHANGED = Answer("The caller has the answer.", headers=CACHING)
CONDITIONS = (
    header_parameter("If-None-Match", "ETags of answers the caller has; 304 when one of them is still good."),
    header_parameter("If-Modified-Since", "Last-Modified of the answer the caller has; without If-None-Match."),
)
