"""Every known way to be let in by a forged JSON Web Token, against a controller that has keys of all kinds."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from loadcell.channel import dial
from loadcell.rpc_errors import from_rpc_error
from loadcell.settings import Secret
from loadcell.v1 import auth_pb2, auth_pb2_grpc, run_pb2, run_pb2_grpc

BOSS = Secret("the key of the settings")
SHARED = "a" * 64
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
FORGER_EC = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PUBLIC_DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_set() -> dict[str, Any]:
    rsa_key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA))
    ec_key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC))
    shared = {"kty": "oct", "k": part(SHARED.encode())}
    keys = (("r", "RS256", rsa_key), ("e", "ES256", ec_key), ("h", "HS256", shared))
    return {"keys": [{**key, "kid": kid, "alg": algorithm} for kid, algorithm, key in keys]}


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def payload(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    plain = {"sub": "ci", "role": "admin", "iat": now, "exp": now + 600, "jti": "1"}
    found = plain | {"iss": "loadcell", "aud": "loadcell"} | changes
    return {name: value for name, value in found.items() if value is not None}


def signed(kid: object = "r", key: Any = RSA, algorithm: str = "RS256", **changes: object) -> str:
    return jwt.encode(payload(**changes), key, algorithm, headers={} if kid is None else {"kid": kid})


def by_hand(head: bytes, body: bytes, secret: bytes | None = None) -> str:
    """A token that no library writes; with a secret it has an HMAC of SHA-256."""
    text = f"{part(head)}.{part(body)}"
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{text}.{'' if secret is None else part(hmac.sign(text.encode(), secret))}"


def swapped(kid: str, secret: bytes) -> str:
    return by_hand(json.dumps({"alg": "HS256", "kid": kid}).encode(), json.dumps(payload()).encode(), secret)


def with_key_of_its_own(name: str) -> str:
    own = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(FORGER.public_key()))
    value = {"jwk": own, "jku": "http://127.0.0.1:9/keys", "x5u": "http://127.0.0.1:9/cert"}[name]
    return jwt.encode(payload(), FORGER, "RS256", headers={"kid": "r", name: value})


def altered(token: str, **changes: object) -> str:
    head, body, signature = token.split(".")
    found = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{part(json.dumps(found | changes).encode())}.{signature}"


HEAD = b'{"alg":"HS256","kid":"h"}'
NOW = int(time.time())
INVALID = {
    "alg none": lambda: by_hand(b'{"alg":"none","kid":"r"}', json.dumps(payload()).encode()),
    "alg None": lambda: by_hand(b'{"alg":"None","kid":"r"}', json.dumps(payload()).encode()),
    "no alg": lambda: by_hand(b'{"kid":"h"}', json.dumps(payload()).encode(), SHARED.encode()),
    "alg no text": lambda: by_hand(
        b'{"alg":["HS256"],"kid":"h"}', json.dumps(payload()).encode(), SHARED.encode()
    ),
    "no signature": lambda: signed().rpartition(".")[0] + ".",
    "public key as secret (PEM)": lambda: swapped("r", PUBLIC_PEM),
    "public key as secret (DER)": lambda: swapped("r", PUBLIC_DER),
    "public key as secret, kid of HS": lambda: swapped("h", PUBLIC_PEM),
    "empty secret": lambda: swapped("h", b""),
    "RS under the kid of HS": lambda: signed("h"),
    "HS under the kid of ES": lambda: signed("e", SHARED, "HS256"),
    "RS512": lambda: signed("r", RSA, "RS512"),
    "PS256": lambda: signed("r", RSA, "PS256"),
    "key of a forger": lambda: signed("r", FORGER),
    "EC key of a forger": lambda: signed("e", FORGER_EC, "ES256"),
    "signature of zeros": lambda: signed("e", EC, "ES256").rpartition(".")[0] + "." + part(b"\0" * 64),
    "key in the token": lambda: with_key_of_its_own("jwk"),
    "address of keys in the token": lambda: with_key_of_its_own("jku"),
    "address of a certificate": lambda: with_key_of_its_own("x5u"),
    "unknown kid": lambda: signed("x"),
    "no kid": lambda: signed(None),
    "kid a path": lambda: signed("../../../../dev/null"),
    "kid SQL": lambda: signed("r' OR '1'='1"),
    "kid a number": lambda: by_hand(b'{"alg":"RS256","kid":0}', json.dumps(payload()).encode(), b"x"),
    "role altered": lambda: altered(signed(role="viewer"), role="admin"),
    "issuer": lambda: signed(iss="other"),
    "issuers": lambda: signed(iss=None),
    "audience": lambda: signed(aud="other"),
    "audience beside": lambda: signed(aud=["other", "loadcell2"]),
    "no audience": lambda: signed(aud=None),
    "no subject": lambda: signed(sub=None),
    "no role": lambda: signed(role=None),
    "no end": lambda: signed(exp=None),
    "no beginning": lambda: signed(iat=None),
    "no identifier": lambda: signed(jti=None),
    "not yet": lambda: signed(nbf=NOW + 3_600),
    "issued in the future": lambda: signed(iat=NOW + 3_600),
    "end a text": lambda: signed(exp="tomorrow"),
    "end endless": lambda: by_hand(HEAD, json.dumps(payload(exp=float("inf"))).encode(), SHARED.encode()),
    "end no number": lambda: by_hand(HEAD, json.dumps(payload(exp=float("nan"))).encode(), SHARED.encode()),
    "end enormous": lambda: signed(exp=10**400),
    "beginning endless": lambda: by_hand(HEAD, json.dumps(payload(iat=float("-inf"))).encode(), SHARED.encode()),
    "payload no object": lambda: by_hand(HEAD, b"[1]", SHARED.encode()),
    "payload no text": lambda: by_hand(HEAD, b"\xff\xfe", SHARED.encode()),
    "payload nested": lambda: by_hand(HEAD, b"[" * 5_000, SHARED.encode()),
    "head no object": lambda: by_hand(b"[]", b"{}", SHARED.encode()),
    "head no text": lambda: by_hand(b"\xff\xfe", b"{}", SHARED.encode()),
    "head nested": lambda: by_hand(b'{"alg":' + b"[" * 5_000, b"{}", SHARED.encode()),
    "must understand": lambda: jwt.encode(
        payload(), RSA, "RS256", headers={"kid": "r", "crit": ["exp2"], "exp2": 1}
    ),
    "too long": lambda: signed(padding="x" * 9_000),
    "empty parts": lambda: "..",
    "no base64": lambda: "!.!.!",
    "something behind": lambda: signed() + "=",
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    file.write_text(json.dumps(key_set()))
    return file


@pytest.fixture
async def ask(start, keys) -> AsyncIterator:
    """Call with a credential; the reason of the refusal, or OK."""
    controller = await start(api_key=BOSS, jwt_keys=keys, jwt_leeway_seconds=0.0, auth_failures=0)
    async with dial(controller.address) as channel:
        runs = run_pb2_grpc.RunServiceStub(channel)

        async def one(token: str, header: str = "authorization") -> str:
            value = f"Bearer {token}" if header == "authorization" else token
            try:
                await runs.ListRuns(run_pb2.ListRunsRequest(), metadata=((header, value),))
            except grpc.aio.AioRpcError as error:
                return from_rpc_error(error).reason
            return "OK"

        one.auth = auth_pb2_grpc.AuthServiceStub(channel)
        yield one


async def test_right_tokens_of_every_kind_are_let_in(ask):
    for token in (signed(), signed("e", EC, "ES256"), signed("h", SHARED, "HS256"), swapped("h", SHARED.encode())):
        assert [await ask(token), await ask(token, "x-api-key")] == ["OK", "OK"]


async def test_a_token_as_long_as_may_be_is_let_in_every_time(ask):
    token = signed("h", SHARED, "HS256", padding="x" * 5_930)
    assert 8_100 < len(token) <= 8_192
    assert {await ask(token) for _ in range(60)} == {"OK"}


async def test_S21_no_other_token_is_and_none_is_an_error_of_ours(ask):
    found = {name: await ask(make()) for name, make in INVALID.items()}
    assert {name: reason for name, reason in found.items() if reason != "INVALID_TOKEN"} == {}


async def test_an_expired_token_is_told_from_others(ask):
    assert await ask(signed(iat=NOW - 100, exp=NOW - 1)) == "EXPIRED_TOKEN"
    assert await ask(signed("r", FORGER, iat=NOW - 100, exp=NOW - 1)) == "INVALID_TOKEN"


async def test_a_token_is_no_refresh_token_and_none_is_revoked_by_a_forged_one(ask):
    async def reason(call) -> str:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        return from_rpc_error(refused.value).reason

    token, as_boss = signed(), (("x-api-key", BOSS.reveal()),)
    assert (
        await reason(ask.auth.RefreshToken(auth_pb2.RefreshTokenRequest(refresh_token=token))) == "INVALID_TOKEN"
    )
    for forged in (signed("r", FORGER), swapped("r", PUBLIC_PEM), INVALID["head nested"]()):
        revoking = ask.auth.RevokeToken(auth_pb2.RevokeTokenRequest(token=forged), metadata=as_boss)
        assert await reason(revoking) == "INVALID_TOKEN"
    assert await ask(token) == "OK"
