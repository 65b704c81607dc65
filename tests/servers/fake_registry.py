#!/usr/bin/env python3
# A registry of one repository, kept in an OCI layout, which does by rules what real ones do not.
# SPDX-License-Identifier: Apache-2.0
#
# fake_registry.py STATE LAYOUT [CERTIFICATE KEY]    see serving.py for STATE and its rules
#
# It is as strict as the strictest: ranges are closed, chunks come in order and have a length, and what it sends in a
# Location comes back byte for byte.

import hashlib
import json
import pathlib
import secrets
import sys
import threading
import urllib.parse

import serving
from serving import Answer

REF_NAME = "org.opencontainers.image.ref.name"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
# What some registries keep in a Location: another encoding of the same is another upload.
UPLOAD_QUERY = "_state=ab%2Bc=="


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layout:
    """Unlike a client it believes its files: tests put wrong ones there."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.lock = threading.Lock()

    def index(self):
        path = self.path / "index.json"
        return json.loads(path.read_text()) if path.exists() else {"schemaVersion": 2, "manifests": []}

    def blob(self, digest):
        path = self.path / "blobs" / digest.replace(":", "/")
        return path.read_bytes() if path.is_file() else None

    def put(self, data):
        path = self.path / "blobs" / digest_of(data).replace(":", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        (self.path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}\n')

    def find(self, name):
        """The descriptor of a tag or digest."""
        for entry in self.index()["manifests"]:
            if name in (entry["digest"], entry.get("annotations", {}).get(REF_NAME)):
                return entry
        return {"digest": name} if ":" in name else None

    def tag(self, name, data, media_type):
        entry = {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}
        with self.lock:
            self.put(data)
            index = self.index()
            kept = [old for old in index["manifests"] if old.get("annotations", {}).get(REF_NAME) != name]
            if ":" not in name:
                entry["annotations"] = {REF_NAME: name}
            if entry not in kept:
                kept.append(entry)
            index["manifests"] = kept
            (self.path / "index.json").write_text(json.dumps(index))

    def tags(self):
        names = (entry.get("annotations", {}).get(REF_NAME) for entry in self.index()["manifests"])
        return sorted(name for name in names if name)


def error(status, code, message=""):
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Answer(status, [["Content-Type", "application/json"]], body)


class Registry(serving.Handler):
    def respond(self, method, path, query, body):
        parts = path.split("/")
        if path == "/v2/":
            return Answer(200, body=b"{}")
        if path.endswith("/tags/list"):
            return self.list_tags(path, urllib.parse.parse_qs(query))
        if parts[-2:] == ["uploads", ""] and method == "POST":
            return self.begin(path, urllib.parse.parse_qs(query))
        if len(parts) > 5 and parts[-2] == "uploads":
            return self.upload(method, parts[-1], path, query, body)
        if len(parts) > 4 and parts[-2] == "blobs":
            return self.blob(parts[-1])
        if len(parts) > 4 and parts[-2] == "manifests":
            return self.put_manifest(parts[-1], body) if method == "PUT" else self.manifest(parts[-1])
        return error(404, "NAME_UNKNOWN")

    def list_tags(self, path, query):
        tags = [tag for tag in self.server.layout.tags() if tag > query.get("last", [""])[0]]
        count = min(int(query.get("n", ["1000"])[0]), self.rule("page", 1000))
        page = tags[:count]
        answer = Answer(200, [["Content-Type", "application/json"]],
                        json.dumps({"name": "x", "tags": page or None}).encode())
        if len(tags) > count:
            answer.set("Link", f'<{path}?n={count}&last={page[-1]}>; rel="next"')
        return answer

    def blob(self, digest):
        data = self.server.layout.blob(digest)
        if data is None:
            return error(404, "BLOB_UNKNOWN")
        return self.ranged(data, [["Content-Type", "application/octet-stream"]])

    def manifest(self, name):
        entry = self.server.layout.find(name)
        data = self.server.layout.blob(entry["digest"]) if entry else None
        if data is None:
            return error(404, "MANIFEST_UNKNOWN")
        kind = entry.get("mediaType") or json.loads(data).get("mediaType") or MANIFEST_TYPE
        return Answer(200, [["Content-Type", kind], ["Docker-Content-Digest", entry["digest"]]], data)

    def put_manifest(self, name, body):
        document = json.loads(body)
        needed = document.get("layers", []) + [document[key] for key in ("config",) if key in document]
        for entry in needed:
            if self.server.layout.blob(entry["digest"]) is None:
                return error(400, "MANIFEST_BLOB_UNKNOWN")
        if ":" in name and name != digest_of(body):
            return error(400, "DIGEST_INVALID")
        self.server.layout.tag(name, body, self.headers.get("Content-Type"))
        return Answer(201, [["Docker-Content-Digest", digest_of(body)]])

    def begin(self, path, query):
        mount = query.get("mount", [""])[0]
        if mount and "from" in query and not self.rule("unmounted", False) and self.server.layout.blob(mount) is not None:
            return Answer(201, [["Location", path.replace("uploads/", mount)]])
        name = secrets.token_hex(8)
        self.server.uploads[name] = bytearray()
        return self.progress(202, name, path + name)

    def progress(self, status, name, path):
        length = len(self.server.uploads[name])
        answer = Answer(status, [["Location", f"{path}?{UPLOAD_QUERY}"], ["Range", f"0-{max(0, length - 1)}"]])
        answer.upload = name
        return answer

    def upload(self, method, name, path, query, body):
        have = self.server.uploads.get(name)
        if have is None:
            return error(404, "BLOB_UPLOAD_UNKNOWN")
        if not (query + "&").startswith(UPLOAD_QUERY + "&"):
            return error(400, "BLOB_UPLOAD_INVALID", "the Location has come back changed")
        if method == "DELETE":
            del self.server.uploads[name]
            return Answer(204)
        if method == "PATCH":
            return self.patch(name, path, have, body)
        if method == "PUT":
            return self.close(name, query, have, body)
        return self.progress(204, name, path)

    def patch(self, name, path, have, body):
        wanted = self.headers.get("Content-Range")
        if wanted is not None and wanted != f"{len(have)}-{len(have) + len(body) - 1}":
            return error(416, "RANGE_INVALID")
        if self.headers.get("Content-Type") != "application/octet-stream":
            return error(500, "UNKNOWN", "Content-Type")
        have += body[:self.rule("take", len(body))]
        return self.progress(202, name, path)

    def close(self, name, query, have, body):
        digest = urllib.parse.parse_qs(query).get("digest", [""])[0]
        data = bytes(have + body)
        if digest != digest_of(data):
            return error(400, "DIGEST_INVALID")
        self.server.layout.put(data)
        del self.server.uploads[name]
        return Answer(201, [["Location", f"/v2/x/blobs/{digest}"], ["Docker-Content-Digest", digest]])


def main():
    state, layout, *certificate = sys.argv[1:]
    serving.serve(state, Registry, certificate, layout=Layout(layout), uploads={})


if __name__ == "__main__":
    main()
