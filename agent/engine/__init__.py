"""Moves bytes and stamps them: sockets, receive times, HTTP, server-sent events, one sample per request.

    Engine.submit -> Exchange -> Pool -> Connection (-> TlsLayer) -> kernel
    kernel -> Connection -> ResponseReader -> SseSplitter -> Dialect -> Sample

Nothing here awaits on the way of a request: every step is a callback of the event loop.
"""
