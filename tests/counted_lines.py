"""Coverage at half its price. Imported before anything whose lines are counted.

To look for all functions that run a line, in order to take out what counts it, costs more than counting it a
thousand times. Workers cannot be told as the command can, with --threshold.
"""

from slipcover import pytest_plugin

if pytest_plugin._slipcover_instance is not None:
    pytest_plugin._slipcover_instance.d_miss_threshold = 1_000
