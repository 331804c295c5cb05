"""Questions about money: what is asked, and answers computed from sums of requests."""
