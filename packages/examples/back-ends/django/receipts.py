"""Checks receipts of sms-codes offline, and redeems them."""
import http.client
import json
import threading
import time
import urllib.error
import urllib.request

import jwt
from django.conf import settings

TIMEOUT, KEYS_LIFE, KEYS_PAUSE, FAULT_PAUSE = 5, 300, 30, 1  # seconds
_keys, _keys_end, _next_fetch, _fault = {}, 0.0, float("-inf"), None
_fetching = threading.Lock()


class ReceiptError(Exception):
    """`status` is the answer to give: 400 not valid, 409 redeemed before, 503 sms-codes cannot tell now."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def redeem(receipt, scene, mobile):
    """Spends a receipt of this scene and number. Returns its mobile, subject, assurance and request_id."""
    return _call("/v1/receipts/redeem", {"receipt": receipt, "scene": scene, "mobile": mobile})


def check(receipt, scene, name=None):
    """Returns the claims of a receipt, offline. `name` is the name of your API key if it is bound to scenes."""
    try:
        claims = jwt.decode(
            receipt,
            _key_of(receipt),
            algorithms=["EdDSA"],
            issuer="sms-codes",
            audience=name,
            options={"require": ["sub", "rid", "jti", "exp"]},
        )
    except jwt.PyJWTError as err:
        raise ReceiptError(400, f"the receipt is not valid: {err}") from err
    if claims.get("scene") != scene:
        raise ReceiptError(400, "the receipt is for another scene")
    return claims


def _key_of(receipt):
    kid = jwt.get_unverified_header(receipt).get("kid")
    return _known_key(kid) or _fetched_key(kid)


def _known_key(kid):
    return _keys.get(kid) if time.monotonic() < _keys_end else None


def _fetched_key(kid):
    """Forged receipts cause at most one request of this process in 30 seconds, or in one second after a failed one."""
    global _keys, _keys_end, _next_fetch, _fault
    with _fetching:
        if time.monotonic() >= _next_fetch:
            try:
                jwks, _fault = jwt.PyJWKSet.from_dict(_call("/.well-known/jwks.json")), None
                _keys, _keys_end = {jwk.key_id: jwk.key for jwk in jwks.keys}, time.monotonic() + KEYS_LIFE
            except (ReceiptError, jwt.PyJWTError, AttributeError) as err:
                _fault = str(err)
            _next_fetch = time.monotonic() + (KEYS_PAUSE if _fault is None else FAULT_PAUSE)
        key = _known_key(kid)
        if key is None and _fault is not None:
            raise ReceiptError(503, f"the public keys could not be fetched: {_fault}")
        if key is None:
            raise ReceiptError(400, "the receipt is signed with an unknown key")
        return key


def _call(path, body=None):
    request = urllib.request.Request(settings.SMS_CODES_URL + path)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
        request.add_header("authorization", "Bearer " + settings.SMS_CODES_API_KEY)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as err:
        if err.code in (400, 409):
            raise ReceiptError(err.code, "the receipt is not valid, or was redeemed before") from err
        raise ReceiptError(503, f"sms-codes answered {err.code}") from err
    except (OSError, ValueError, http.client.HTTPException) as err:
        raise ReceiptError(503, "sms-codes is unreachable") from err
