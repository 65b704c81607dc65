#!/usr/bin/env python3
# A server for the tests of HTTP: plays answers out of files byte for byte, whatever they are, with and without TLS.
# SPDX-License-Identifier: Apache-2.0
#
# http_server.py    serves the working directory on loopback until its input ends; prints the four ports first: of plain
#                   HTTP, TLS, TLS that asks for the client's certificate, and one that never says a word
#
# It makes ca.crt, other-ca.crt, client.crt, client.key, locked.key and the directory hashed, with ca.crt as OpenSSL finds
# it. connect.head is what the last client said that took it for a proxy, client.hello what one said to the silent port.
#
#   /echo             what the client sent: head and body
#   /connections      how many there have been
#   /file/NAME        the file, then the end of the connection
#   /keep/NAME        the file; the connection stays
#   /hold/NAME        the file, and then nothing
#   /drip/NAME        the file byte by byte, ten in a second
#   /endless/NAME     the file, and then NAME.again for ever
#   /early/NAME       the file, before the request's body has been read
#   /second/...       the same without the first part, but not as the second request of a connection: then its end

import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time

connections = 0


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")


def make_certificate(name, extension):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
            f"{name}.key", "-out", f"{name}.csr")
    pathlib.Path(f"{name}.ext").write_text(extension)
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", f"{name}.ext", "-out", f"{name}.crt")


def read_head(connection):
    """None at the end, and after an answer to a client that wants TLS, such as Go's servers give."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return None
        head += byte
        if head == b"\x16":
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            return None
    return head


def read_body(connection, head):
    left = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            left = int(value)
    body = b""
    while len(body) < left and (part := connection.recv(left - len(body))):
        body += part
    return body


def answer(connection, body):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def tunnel(connection, head):
    pathlib.Path("connect.head").write_bytes(head)
    host, _, port = head.split()[1].decode().rpartition(":")
    other = socket.create_connection((host.strip("[]"), int(port)))
    connection.sendall(b"HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n")

    def copy(source, target):
        try:
            while part := source.recv(65536):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    back = threading.Thread(target=copy, args=(other, connection), daemon=True)
    back.start()
    copy(connection, other)
    back.join()


def play(connection, kind, name):
    """Whether the connection stays."""
    content = pathlib.Path(name).read_bytes()
    if kind == "drip":
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)
        return False
    connection.sendall(content)
    if kind == "endless":
        again = pathlib.Path(f"{name}.again").read_bytes() * 100
        while True:
            connection.sendall(again)
    if kind == "hold":
        while connection.recv(65536):
            pass
    return kind == "keep"


def handle_one(connection, served):
    head = read_head(connection)
    if head is None:
        return False
    if head.startswith(b"CONNECT "):
        tunnel(connection, head)
        return False
    path = head.split()[1].decode("latin-1").partition("?")[0].lstrip("/")
    kind, _, name = path.partition("/")
    if kind == "second":
        if served == 1:
            return False
        kind, _, name = name.partition("/")
    body = b"" if kind == "early" else read_body(connection, head)
    if kind in {"echo", "connections"}:
        answer(connection, head + body if kind == "echo" else b"%d" % connections)
        return True
    return play(connection, kind, name)


def handle(connection, context):
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        served = 0
        while handle_one(connection, served):
            served += 1
    except (OSError, ssl.SSLError):
        pass
    finally:
        connection.close()


def listen_silently(connection):
    hello = connection.recv(65536)
    pathlib.Path("client.hello.part").write_bytes(hello)
    pathlib.Path("client.hello.part").rename("client.hello")
    while connection.recv(65536):
        pass


def listen(context, speaks=True):
    """Accepts connections on a free port, which is returned."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=16)

    def accept():
        global connections
        while True:
            connection, _ = listener.accept()
            connections += 1
            work, arguments = (handle, (connection, context)) if speaks else (listen_silently, (connection,))
            threading.Thread(target=work, args=arguments, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def tls(asks_client):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("server.crt", "server.key")
    if asks_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations("ca.crt")
        # Else the client hears of its refusal only after it has sent the request.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def main():
    make_authority("ca")
    make_authority("other-ca")
    make_certificate("server", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    make_certificate("client", "extendedKeyUsage=clientAuth")
    openssl("ec", "-in", "client.key", "-aes128", "-passout", "pass:secret", "-out", "locked.key")
    pathlib.Path("hashed").mkdir()
    pathlib.Path("hashed/ca.crt").write_bytes(pathlib.Path("ca.crt").read_bytes())
    openssl("rehash", "hashed")
    print(listen(None), listen(tls(False)), listen(tls(True)), listen(None, speaks=False), flush=True)
    sys.stdin.read()


main()
