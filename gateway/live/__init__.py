"""What is told while it happens, over WebSockets and as server-sent events.

One stream of the controller serves all who watch the same (`runs`, `events`): every message is written once, and
put into the outbox of each (`outbox`), from where a connection (`connection`, `sse`) takes it as fast as its
client reads.
"""
