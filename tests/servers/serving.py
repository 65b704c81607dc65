# What the test servers share: one answer to each request, rules that spoil it, byte ranges, TLS, and a log.
# SPDX-License-Identifier: Apache-2.0
#
# A server keeps in its directory STATE:
#
#   port    the port on 127.0.0.1 it listens at, written when it does
#   log     a line of JSON for each request, written before the answer is sent
#   rules   read at each request: a line of JSON for each rule, in the order of their use
#
# A rule is for requests whose "METHOD TARGET" its regular expression `on` matches from the start. `skip` passes the first
# N of them over, `times` ends it after N. `unless` exempts those whose Authorization it matches. It either answers itself:
#
#   status headers body size    `size` bytes instead of a text; `headers` is a list of pairs
#
# or changes the answer that would be sent:
#
#   restatus set drop file      another status, headers set or left out, the bytes of a file in place of the resource
#   range     ignore | shift | longer | none | double | star | multipart
#   cut       the connection ends after N bytes of the body
#   drip      pause between single bytes, in seconds
#   pause     [N, SECONDS]: so long a wait after N bytes of the body
#   endless   the body never ends
#   gzip      as Content-Encoding
#   limit     413 for requests with more than N bytes
#   take      of a PATCH only N bytes are kept
#   unmounted a mount begins an upload, whatever there is
#   close     the connection ends after N bytes of the request's body
#
# In texts @PORT@, @PATH@ and @ID@ stand for the port, the path and the upload.

import gzip
import http.server
import json
import pathlib
import re
import ssl
import threading
import time


class Answer:
    def __init__(self, status, headers=(), body=b""):
        self.status = status
        self.headers = [list(pair) for pair in headers]
        self.body = body
        self.upload = ""
        self.whole = None  # the resource of which the body is a part
        self.ranged = False

    def set(self, name, value):
        self.drop(name)
        self.headers.append([name, value])

    def drop(self, name):
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]


class Rules:
    """The file of rules; how often each was used is kept by its line."""

    def __init__(self, path):
        self.path = path
        self.used = {}
        self.lock = threading.Lock()

    def read(self):
        return [line for line in self.path.read_text().splitlines() if line] if self.path.exists() else []

    def match(self, request, authorization):
        found = []
        with self.lock:
            for line in self.read():
                rule = json.loads(line)
                if not re.match(rule["on"], request):
                    continue
                if "unless" in rule and re.fullmatch(rule["unless"], authorization or ""):
                    continue
                count = self.used[line] = self.used.get(line, 0) + 1
                skip = rule.get("skip", 0)
                if skip < count <= skip + rule.get("times", 1 << 30):
                    found.append(rule)
        return found


def change_range(answer, kind, first, whole):
    """`whole` is the resource, of which the answer has the bytes from `first` on."""
    last = first + len(answer.body) - 1
    if kind == "ignore":
        answer.status, answer.body = 200, whole
        answer.drop("Content-Range")
    elif kind == "shift":
        answer.body = answer.body[1:]
        answer.set("Content-Range", f"bytes {first + 1}-{last}/{len(whole)}")
    elif kind == "longer":
        answer.body = whole[first:last + 2] + b"x" * max(0, last + 2 - len(whole))
        answer.set("Content-Range", f"bytes {first}-{last + 1}/{len(whole)}")
    elif kind == "none":
        answer.drop("Content-Range")
    elif kind == "double":
        answer.headers.append(["Content-Range", f"bytes {first}-{last}/{len(whole)}"])
    elif kind == "star":
        answer.set("Content-Range", f"bytes {first}-{last}/*")
    elif kind == "multipart":
        answer.drop("Content-Range")
        answer.set("Content-Type", "multipart/byteranges; boundary=b")
        part = f"--b\r\nContent-Range: bytes {first}-{last}/{len(whole)}\r\n\r\n".encode()
        answer.body = part + answer.body + b"\r\n--b--\r\n"
    else:
        raise ValueError(kind)


class Handler(http.server.BaseHTTPRequestHandler):
    """A server's own class answers by `respond(method, path, query, body)`."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    # An answer in two writes would else wait for the client's acknowledgement, 40 ms.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_request()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def handle_request(self):
        self.rules = self.server.rules.match(f"{self.command} {self.path}", self.headers.get("Authorization"))
        body = self.read_body()
        if body is None:
            return
        path, _, query = re.sub("^http://[^/]*", "", self.path).partition("?")
        answer = self.canned() or self.refuse(body) or self.respond(self.command, path, query, body)
        for rule in self.rules:
            self.spoil(answer, rule)
        self.fill_in(answer)
        self.send(answer)

    def rule(self, name, otherwise=None):
        return next((rule[name] for rule in self.rules if name in rule), otherwise)

    def read_body(self):
        length = int(self.headers.get("Content-Length", 0))
        close = self.rule("close")
        if close is None:
            return self.rfile.read(length)
        self.rfile.read(min(close, length))
        self.note(Answer(0), length)
        self.close_connection = True
        return None

    def canned(self):
        for rule in self.rules:
            if "status" in rule:
                body = rule.get("body", "").encode() or b"x" * rule.get("size", 0)
                return Answer(rule["status"], rule.get("headers", ()), body)
        return None

    def refuse(self, body):
        if "Transfer-Encoding" in self.headers:
            return Answer(411)
        limit = self.rule("limit")
        return Answer(413) if limit is not None and len(body) > limit else None

    def ranged(self, whole, headers):
        """The part of a resource that was asked for, as the registries do that are strictest: closed, and inside."""
        wanted = self.headers.get("Range")
        whole = pathlib.Path(self.rule("file")).read_bytes() if self.rule("file") else whole
        answer = Answer(200, headers, whole)
        answer.whole, answer.first = whole, 0
        if wanted is None or self.command == "HEAD":
            return answer
        numbers = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
        first, last = (int(numbers[1]), int(numbers[2])) if numbers else (1, 0)
        if first > last or last >= len(whole):
            return Answer(416, [["Content-Type", "text/plain"]], b"requested range not satisfiable")
        answer.status, answer.first, answer.body, answer.ranged = 206, first, whole[first:last + 1], True
        answer.set("Content-Range", f"bytes {first}-{last}/{len(whole)}")
        return answer

    def spoil(self, answer, rule):
        answer.status = rule.get("restatus", answer.status)
        if "file" in rule and answer.status == 200 and answer.whole is None:
            answer.body = pathlib.Path(rule["file"]).read_bytes()
        if "range" in rule and answer.ranged:
            change_range(answer, rule["range"], answer.first, answer.whole)
        if rule.get("gzip"):
            answer.body = gzip.compress(answer.body)
            answer.set("Content-Encoding", "gzip")
        for name in rule.get("drop", ()):
            answer.drop(name)
        for name, value in rule.get("set", {}).items():
            answer.set(name, value)

    def fill_in(self, answer):
        texts = {"@PORT@": str(self.server.server_address[1]), "@PATH@": self.path, "@ID@": answer.upload}
        for name, text in texts.items():
            answer.headers = [[key, value.replace(name, text)] for key, value in answer.headers]
            if len(answer.body) < 4096:
                answer.body = answer.body.replace(name.encode(), text.encode())

    def note(self, answer, length):
        cut = self.rule("cut")
        sent = 0 if self.command == "HEAD" else len(answer.body) if cut is None else min(cut, len(answer.body))
        line = {"method": self.command, "target": self.path, "range": self.headers.get("Range"),
                "authorization": self.headers.get("Authorization"), "accept": self.headers.get("Accept"),
                "cookie": self.headers.get("Cookie"),
                "type": self.headers.get("Content-Type"), "content_range": self.headers.get("Content-Range"),
                "length": length, "status": answer.status, "sent": sent}
        with self.server.rules.lock, open(self.server.log, "a") as log:
            log.write(json.dumps(line) + "\n")

    def send(self, answer):
        self.note(answer, int(self.headers.get("Content-Length", 0)))
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        endless = self.rule("endless")
        has_body = answer.status != 204 and answer.status >= 200
        names = {name.lower() for name, _ in answer.headers}
        if has_body and not endless and "content-length" not in names:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not has_body or self.command == "HEAD":
            return
        try:
            self.send_body(answer.body, endless)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    def send_body(self, body, endless):
        cut, drip, pause = self.rule("cut"), self.rule("drip"), self.rule("pause")
        if endless:
            self.close_connection = True
            for _ in range(2048):
                self.wfile.write(body or b"x")
                self.wfile.write(b"x" * 65536)
        elif drip is not None:
            for i in range(len(body)):
                self.wfile.write(body[i:i + 1])
                self.wfile.flush()
                time.sleep(drip)
        elif pause is not None:
            self.wfile.write(body[:pause[0]])
            self.wfile.flush()
            time.sleep(pause[1])
            self.wfile.write(body[pause[0]:])
        else:
            self.wfile.write(body if cut is None else body[:cut])
            self.close_connection = self.close_connection or cut is not None


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A client that goes away, or does not like the certificate, is no fault of the server."""


def serve(state, handler, certificate=None, **attributes):
    """Runs until it is killed. `certificate` is the paths of a certificate, its key, and an authority of clients."""
    state = pathlib.Path(state)
    state.mkdir(parents=True, exist_ok=True)
    server = Server(("127.0.0.1", 0), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate[:2])
        if len(certificate) > 2:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(certificate[2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.rules = Rules(state / "rules")
    server.log = state / "log"
    server.log.touch()
    for name, value in attributes.items():
        setattr(server, name, value)
    (state / "port.new").write_text(f"{server.server_address[1]}\n")
    (state / "port.new").rename(state / "port")
    server.serve_forever()
