"""Verifies tokens with Authlib: reads {jwks, issuer, audience, tokens} and prints a list of claims or errors."""
import json
import sys

from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError

given = json.load(sys.stdin)
keys = JsonWebKey.import_key_set(given["jwks"])
jwt = JsonWebToken(["ES256", "RS256"])
wanted = {
    "iss": {"essential": True, "value": given["issuer"]},
    "aud": {"essential": True, "value": given["audience"]},
    "exp": {"essential": True},
}


def check(token):
    try:
        claims = jwt.decode(token, keys, claims_options=wanted)
        claims.validate()
        return dict(claims)
    except (JoseError, ValueError) as error:
        return {"error": type(error).__name__}


print(json.dumps([check(token) for token in given["tokens"]]))
