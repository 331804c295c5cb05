"""What the figures of a page mean, in the words of docs/concepts.md."""

from __future__ import annotations

DEFINITIONS = {
    "TTFT": (
        "Time to first token: from sending the request to the first event with generated content, on a connection"
        " that is already open. Not defined for responses that are not streamed."
    ),
    "TPOT": "Time per output token after the first event: one value for each request.",
    "ITL": ("Gaps between tokens, of all requests; an event of several tokens counts as that many equal gaps."),
    "E2E": "End-to-end latency: from sending the request to the last event with content.",
    "Response time": ("E2E and what the request was sent too late by: what a user of an open system waits."),
    "Schedule delay": "How much later than planned a request was sent.",
    "Throughput": "Output tokens a second within the measured window.",
    "Request rate": "Successful requests a second within the measured window.",
    "Goodput": (
        "Share of the requests that met every objective. Failed requests and those with an unknown end count as"
        " not good; cancelled ones do not count."
    ),
    "Error rate": "Share of the requests that failed, without those that were cancelled.",
    "Percentiles": (
        "The value that so many percent of the successful requests did not exceed. p99 needs 100 values and p99.9"
        " needs 1,000; below that there is none. Percentiles are never averaged."
    ),
    "Censored": "Requests whose end nobody saw, because what sent them was lost.",
    "Verdict": (
        "Whether the client was fit to measure: clean; degraded, usable with the reasons in mind; or"
        " client_limited: the client was measured and not the server."
    ),
}
