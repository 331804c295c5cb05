"""The whole system on one machine: child processes started, watched and stopped from one place."""

from loadcell.stack.child import Child, ChildError
from loadcell.stack.claim import Claim, Owner, find_or_claim
from loadcell.stack.stack import Stack, StackPlan

__all__ = ["Child", "ChildError", "Claim", "Owner", "Stack", "StackPlan", "find_or_claim"]
