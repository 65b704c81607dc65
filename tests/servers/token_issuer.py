#!/usr/bin/env python3
# Issues tokens for docker-registry's token authentication: RS256, signed by the openssl command.
# SPDX-License-Identifier: Apache-2.0
#
# token_issuer.py STATE CERTIFICATE KEY USER PASSWORD    see serving.py for STATE and its rules
#
# GET /token with Basic, or without for `pull` alone; POST /token with the refresh token "refresh-" + PASSWORD.

import base64
import json
import subprocess
import sys
import time
import urllib.parse

import serving
from serving import Answer

ISSUER = "test-issuer"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def make_token(server, service, access):
    lines = open(server.certificate_file).read().split("-----")[2]
    header = {"typ": "JWT", "alg": "RS256", "x5c": ["".join(lines.split())]}
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": service, "sub": "user", "exp": now + 300, "nbf": now - 10, "iat": now,
              "jti": str(time.monotonic_ns()), "access": access}
    signed = encode(json.dumps(header).encode()) + b"." + encode(json.dumps(claims).encode())
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", server.key_file], input=signed,
                               capture_output=True, check=True).stdout
    return (signed + b"." + encode(signature)).decode()


def parse_scopes(scopes, may_push):
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":", 2)
        allowed = [action for action in actions.split(",") if may_push or action == "pull"]
        access.append({"type": kind, "name": name, "actions": allowed})
    return access


class Issuer(serving.Handler):
    def respond(self, method, path, query, body):
        if path != "/token":
            return Answer(404)
        fields = urllib.parse.parse_qs(body.decode() if method == "POST" else query)
        known = self.known(method, fields)
        if known is None:
            return Answer(401, [["WWW-Authenticate", 'Basic realm="issuer"']], b'{"details":"wrong credentials"}')
        scopes = [scope for text in fields.get("scope", []) for scope in text.split(" ")]
        token = make_token(self.server, fields["service"][0], parse_scopes(scopes, known))
        name = "access_token" if method == "POST" else "token"
        body = json.dumps({name: token, "expires_in": 300}).encode()
        return Answer(200, [["Content-Type", "application/json"]], body)

    def known(self, method, fields):
        """Whether it is the user or nobody; None for somebody else."""
        secret = self.server.password
        if method == "POST":
            good = {"grant_type": ["refresh_token"], "refresh_token": ["refresh-" + secret]}
            return True if good.items() <= fields.items() else None
        given = self.headers.get("Authorization")
        if given is None:
            return False
        basic = base64.b64encode(f"{self.server.user}:{secret}".encode()).decode()
        return True if given == "Basic " + basic else None


def main():
    state, certificate, key, user, password = sys.argv[1:]
    serving.serve(state, Issuer, certificate_file=certificate, key_file=key, user=user, password=password)


if __name__ == "__main__":
    main()
