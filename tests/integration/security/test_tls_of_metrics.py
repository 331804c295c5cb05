"""The controller's own metrics are served over TLS when it speaks TLS, and over nothing else."""

from __future__ import annotations

import asyncio
import ssl
import urllib.error
import urllib.request

import pytest

from loadcell.settings import Address, SettingsError
from tests.free_ports import free_port
from tests.integration.security.certificates import Authority, Pair, serving
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path, "ours")


def _fetch(port: int, scheme: str, context: ssl.SSLContext | None) -> str:
    with urllib.request.urlopen(
        f"{scheme}://127.0.0.1:{port}/metrics", context=context, timeout=PATIENCE_SECONDS
    ) as answer:
        return answer.read().decode()


async def fetch(port: int, ca: Authority | None = None, own: Pair | None = None) -> str:
    context = ca and ssl.create_default_context(cafile=ca.file)
    if own is not None:
        context.load_cert_chain(own.cert, own.key)
    return await asyncio.to_thread(_fetch, port, "http" if ca is None else "https", context)


async def test_metrics_are_served_over_tls_and_nothing_else(start, ca):
    port, pair = free_port(), ca.pair("server")
    await start(tls=ca.trusted(), metrics=Address("127.0.0.1", port), **serving(pair))
    # Who connects and says nothing is in nobody's way.
    _, silent = await asyncio.open_connection("127.0.0.1", port)
    assert "cache_hits_total" in await fetch(port, ca)
    with pytest.raises(OSError, match=r".+"):
        await fetch(port)
    other = Authority(ca.file.parent, "other")
    with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
        await fetch(port, other)
    other.pair("server", into=pair)
    assert "cache_hits_total" in await fetch(port, other)
    silent.close()
    await silent.wait_closed()


async def test_scrapers_need_a_certificate_where_clients_do(start, ca):
    port, own = free_port(), ca.pair("scraper", "prometheus")
    await start(
        tls=ca.trusted(own), metrics=Address("127.0.0.1", port), **serving(ca.pair("server"), client_ca=ca.file)
    )
    with pytest.raises(OSError, match=r".+"):
        await fetch(port, ca)
    assert "cache_hits_total" in await fetch(port, ca, own)


async def test_a_taken_port_is_named(start, controller):
    taken = Address("127.0.0.1", int(controller.address.rpartition(":")[2]))
    with pytest.raises(SettingsError, match=f"LOADCELL_CONTROLLER_METRICS={taken}: "):
        await start(metrics=taken)
