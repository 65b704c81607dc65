#!/usr/bin/env python3
# Serves the files of a directory, as the storage behind a registry does, to those who send nothing that lets them in.
# SPDX-License-Identifier: Apache-2.0
#
# blob_server.py STATE DIR [CERTIFICATE KEY [AUTHORITY]]    see serving.py for STATE and its rules
#
# A URL of such a storage is signed for GET: HEAD is refused, and so is another way of letting oneself in, as a certificate of
# the authority.

import pathlib
import ssl
import sys
import urllib.parse

import serving
from serving import Answer


class Storage(serving.Handler):
    def respond(self, method, path, query, body):
        shows_certificate = isinstance(self.connection, ssl.SSLSocket) and self.connection.getpeercert()
        if shows_certificate or any(name in self.headers for name in ("Authorization", "Cookie")):
            return Answer(400, body=b"Only one auth mechanism allowed")
        if method != "GET":
            return Answer(403, body=b"SignatureDoesNotMatch")
        file = self.server.directory / urllib.parse.unquote(path).lstrip("/")
        if not file.is_file():
            return Answer(404, body=b"NoSuchKey")
        return self.ranged(file.read_bytes(), [["Content-Type", "binary/octet-stream"]])


def main():
    state, directory, *certificate = sys.argv[1:]
    serving.serve(state, Storage, certificate, directory=pathlib.Path(directory))


if __name__ == "__main__":
    main()
