"""Access tokens: what is taken, and every way to forge one that is known."""

from __future__ import annotations

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from controller.access.jwt_keys import JwtKey, JwtKeys, jwt_secret, key_source, read_key_set
from controller.access.tokens import AccessTokens, Claims, TokenRules
from loadcell.errors import LoadcellError
from loadcell.settings import Secret, SettingsError

SECRET = "a" * 64
RULES = TokenRules("loadcell", "loadcell", 0.0)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
KEYS = JwtKeys(
    (
        JwtKey("h", "HS256", SECRET, SECRET),
        JwtKey("r", "RS256", RSA.public_key(), RSA),
        JwtKey("e", "ES256", EC.public_key(), EC),
    )
)
TOKENS = AccessTokens(lambda: KEYS, RULES)


def payload(**changes) -> dict:
    now = int(time.time())
    plain = {"sub": "ci", "role": "viewer", "iat": now, "exp": now + 600, "jti": "1", "iss": "loadcell"}
    found = plain | {"aud": "loadcell"} | changes
    return {name: value for name, value in found.items() if value is not None}


def encoded(key: object = SECRET, algorithm: str = "HS256", kid: object = "h", **changes) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(payload(**changes), key, algorithm, headers=headers)


def refused(token: str, tokens: AccessTokens = TOKENS) -> tuple[str, str]:
    with pytest.raises(LoadcellError) as error:
        tokens.verify(token)
    return error.value.reason, error.value.message


@pytest.mark.parametrize("keys", [KEYS, JwtKeys(KEYS.keys[1:]), JwtKeys(KEYS.keys[2:])], ids=["HS", "RS", "ES"])
def test_what_is_signed_is_verified(keys):
    tokens = AccessTokens(lambda: keys, RULES)
    now = int(time.time())
    claims = Claims(
        subject="ci",
        role="developer",
        permissions=frozenset({"costs:write"}),
        scopes=frozenset({"read"}),
        projects=frozenset({"a", "b"}),
        key_id="k",
        family="f",
        token_id="t",
        issued_at=now,
        expires_at=now + 10,
    )
    assert tokens.verify(tokens.sign(claims)) == claims


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: jwt.encode(payload(), None, "none", headers={"kid": "h"}), "must be signed with HS256"),
        (lambda: jwt.encode(payload(), None, "none"), "names no key"),
        (lambda: encoded(RSA, "RS256", "h"), "must be signed with HS256"),
        (lambda: encoded(SECRET, "HS384", "h"), "must be signed with HS256"),
        (lambda: encoded(SECRET, "HS256", "r"), "must be signed with RS256"),
        (lambda: encoded(SECRET, "HS256", "x"), "names no key"),
        (lambda: encoded(SECRET, "HS256", None), "names no key"),
        (lambda: encoded("b" * 64), "wrong signature"),
        (
            lambda: encoded(OTHER_RSA, "RS256", "r"),
            "wrong signature",
        ),
        (lambda: encoded(iss="other"), "somebody else"),
        (lambda: encoded(aud="other"), "somebody else"),
        (lambda: encoded(iss=None), "lacks iss"),
        (lambda: encoded(aud=None), "lacks aud"),
        (lambda: encoded(sub=None), "lacks sub"),
        (lambda: encoded(role=None), "lacks role"),
        (lambda: encoded(exp=None), "lacks exp"),
        (lambda: encoded(iat=None), "lacks iat"),
        (lambda: encoded(jti=None), "lacks jti"),
        (lambda: encoded(nbf=int(time.time()) + 100), "not valid yet"),
        (lambda: encoded(iat=int(time.time()) + 100), "not valid yet"),
        (lambda: encoded(role="root"), "role"),
        (lambda: encoded(role=["admin"]), "role"),
        (lambda: encoded(permissions=["runs:fly"]), "permission"),
        (lambda: encoded(permissions="*"), "permissions"),
        (lambda: encoded(projects=[1]), "projects"),
        (lambda: encoded(projects=["p"] * 101), "projects"),
        (lambda: encoded(scopes=["root"]), "scope"),
        (lambda: encoded(jti="x" * 129), "jti"),
        (lambda: encoded(sub="a\nb"), "sub"),
        (lambda: "x" * 8193, "longer"),
        (lambda: "a.b.c", "cannot be read"),
        (lambda: "", "cannot be read"),
    ],
)
def test_S21_what_is_not_right_is_refused_with_its_reason(make, why):
    reason, message = refused(make())
    assert reason == "INVALID_TOKEN"
    assert why in message


def test_S21_a_public_key_is_not_a_secret():
    """A library that lets the token choose takes what was signed with the public key of RS256 for HS256."""
    head, body = (
        jwt.utils.base64url_encode(json.dumps(part).encode())
        for part in ({"alg": "HS256", "typ": "JWT", "kid": "r"}, payload(role="admin"))
    )
    key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = jwt.utils.base64url_encode(key.sign(head + b"." + body, PUBLIC_PEM))
    assert refused((head + b"." + body + b"." + signature).decode())[1] == "the token must be signed with RS256"


def test_S21_an_expired_token_has_its_own_reason_and_leeway_is_a_setting():
    late = encoded(iat=int(time.time()) - 100, exp=int(time.time()) - 20)
    assert refused(late)[0] == "EXPIRED_TOKEN"
    lenient = AccessTokens(lambda: KEYS, TokenRules("loadcell", "loadcell", 300.0))
    assert lenient.verify(late).subject == "ci"


def test_issuer_and_audience_are_not_asked_for_when_they_are_empty():
    anybody = AccessTokens(lambda: KEYS, TokenRules("", "", 0.0))
    assert anybody.verify(encoded(iss=None, aud=None)).subject == "ci"
    assert anybody.verify(encoded(iss="x", aud="y")).subject == "ci"


def test_an_admin_and_a_star_see_every_project():
    assert TOKENS.verify(encoded(role="admin")).projects is None
    assert TOKENS.verify(encoded(projects=["*"])).projects is None
    assert TOKENS.verify(encoded()).projects == frozenset()


def test_without_a_key_nothing_is_signed_or_taken():
    none = AccessTokens(key_source(Secret(""), None), RULES)
    assert not none.can_sign
    assert not none.can_verify
    with pytest.raises(LoadcellError, match="LOADCELL_JWT_SECRET"):
        none.sign(Claims("a", "viewer", frozenset(), frozenset(), frozenset()))


def jwk(kid: str, key: object, *, private: bool = True) -> dict:
    algorithm = {rsa.RSAPrivateKey: "RS256", ec.EllipticCurvePrivateKey: "ES256"}
    name = next(name for kind, name in algorithm.items() if isinstance(key, kind))
    shown = key if private else key.public_key()
    return json.loads(jwt.get_algorithm_by_name(name).to_jwk(shown)) | {"kid": kid, "alg": name}


def test_keys_are_rotated_by_their_kid_without_a_restart(tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk("old", RSA)]}))
    tokens = AccessTokens(key_source(Secret(""), file), RULES)
    now = int(time.time())
    claims = Claims("ci", "viewer", frozenset(), frozenset(), frozenset(), "", "", "1", now, now + 60)
    before = tokens.sign(claims)
    file.write_text(json.dumps({"keys": [jwk("new", EC), jwk("old", RSA, private=False)]}))
    after = tokens.sign(claims)
    assert jwt.get_unverified_header(after) == {"alg": "ES256", "kid": "new", "typ": "JWT"}
    assert tokens.verify(before) == tokens.verify(after) == claims
    file.write_text(json.dumps({"keys": [jwk("new", EC)], "padding": "x"}))
    assert refused(before, tokens) == ("INVALID_TOKEN", "the token names no key of this controller (kid)")


def test_a_key_set_without_private_keys_verifies_only(tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk("r", RSA, private=False)]}))
    tokens = AccessTokens(key_source(Secret(""), file), RULES)
    assert not tokens.can_sign
    assert tokens.verify(encoded(RSA, "RS256", "r")).subject == "ci"
    assert tokens.verify(encoded(RSA, "RS256", None)).subject == "ci"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "can be read"),
        ("[]", "can be read"),
        ('{"keys": []}', "no keys"),
        ('{"keys": [{"alg": "RS256"}]}', "no kid"),
        ('{"keys": [{"kid": "a", "alg": "none"}]}', "alg must be"),
        ('{"keys": [{"kid": "a", "alg": "HS256", "kty": "oct", "k": "c2hvcnQ"}]}', "at least 32 bytes"),
        ('{"keys": [{"kid": "a", "alg": "RS256", "kty": "RSA", "n": "!"}]}', "cannot be used"),
        (json.dumps({"keys": [jwk("a", RSA), jwk("a", EC)]}), "of its own"),
        (json.dumps({"keys": [jwk("secret", RSA)]}), "taken"),
        (json.dumps({"keys": [jwk("a", rsa.generate_private_key(public_exponent=65537, key_size=1024))]}), "2048"),
    ],
)
def test_a_key_set_that_is_of_no_use_is_told_and_not_shown(tmp_path, content, why):
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match=why) as error:
        read_key_set(file)
    assert "c2hvcnQ" not in str(error.value)


def test_a_secret_is_as_long_as_its_hash():
    assert jwt_secret("x" * 32).reveal() == "x" * 32
    with pytest.raises(ValueError, match="32 bytes") as error:
        jwt_secret("sesame")
    assert "sesame" not in str(error.value)
