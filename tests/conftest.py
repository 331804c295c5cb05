"""Nothing is asserted about the speed of the machine, so no example of a property has a deadline.

Every run tries the same examples.
"""

from hypothesis import settings

settings.register_profile("loadcell", deadline=None, derandomize=True)
settings.load_profile("loadcell")
