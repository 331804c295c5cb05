"""What a report says first of a run that did not come to its end."""

from typing import Final

EARLY_ENDS: Final = {
    "failed": "This run failed: the figures are of what was measured until then.",
    "cancelled": "This run was cancelled: the figures are of what was measured until then.",
}
"""By the status of the run; of others there is nothing to say."""
