"""Verifies tokens with PyJWT: reads {jwks, issuer, audience, tokens} and prints a list of claims or errors."""
import json
import sys

import jwt

given = json.load(sys.stdin)
keys = {key["kid"]: key for key in given["jwks"]["keys"]}


def check(token):
    header = jwt.get_unverified_header(token)
    key = jwt.PyJWK(keys[header["kid"]])
    algorithm = keys[header["kid"]]["alg"]
    try:
        return jwt.decode(token, key.key, algorithms=[algorithm], issuer=given["issuer"], audience=given["audience"])
    except jwt.InvalidTokenError as error:
        return {"error": type(error).__name__}


print(json.dumps([check(token) for token in given["tokens"]]))
