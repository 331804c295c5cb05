"""Results as a page that stands alone: nothing is loaded or executed, and it prints."""
