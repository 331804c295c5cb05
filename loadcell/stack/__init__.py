"""The whole system on one machine: child processes started, watched and stopped from one place."""

from loadcell.stack.addresses import TakenError, check_free, is_free
from loadcell.stack.child import Child, ChildError
from loadcell.stack.claim import Claim, Owner, find_or_claim, find_owner
from loadcell.stack.stack import Stack, StackPlan

__all__ = [
    "Child",
    "ChildError",
    "Claim",
    "Owner",
    "Stack",
    "StackPlan",
    "TakenError",
    "check_free",
    "find_or_claim",
    "find_owner",
    "is_free",
]
