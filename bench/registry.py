# A registry on loopback, which other clients are measured on too.
# SPDX-License-Identifier: Apache-2.0

import contextlib
import dataclasses
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

from measure import Command

NEEDED = ("docker-registry",)
LAYER = "application/vnd.wasmcloud.provider.archive.layer.v1+par"


@dataclasses.dataclass(frozen=True)
class Registry:
    """HOST:PORT; a layout and a repository that have the archive, under the tag 1; the digest of its blob."""

    at: str
    layout: pathlib.Path
    archive: pathlib.Path
    blob: str


def missing():
    return ", ".join(name for name in NEEDED if shutil.which(name) is None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(at):
    try:
        with urllib.request.urlopen(f"http://{at}/v2/", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def served(folder):
    """HOST:PORT of docker-registry, with its data in a folder."""
    at = f"127.0.0.1:{free_port()}"
    config = folder / "registry.yml"
    config.write_text(f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
                      f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
                      f"http: {{addr: '{at}', secret: bench}}\n")
    with (folder / "registry.log").open("wb") as log, \
            subprocess.Popen(["docker-registry", "serve", config], stdout=log, stderr=log) as server:
        try:
            for _ in range(200):
                if answers(at):
                    break
                time.sleep(0.05)
            else:
                raise SystemExit(f"bench: docker-registry does not answer:\n{(folder / 'registry.log').read_text()}")
            yield at
        finally:
            server.terminate()


@contextlib.contextmanager
def filled(meter, provar, archive, folder):
    """A Registry with this archive, or None where the programs are not here."""
    if missing():
        yield None
        return
    with served(folder) as at:
        layout = folder / "layout"
        meter.run(Command(provar.words("push", f"oci:{layout}:1", archive)))
        meter.run(Command(provar.words("push", f"{at}/bench:1", archive)))
        digest = subprocess.run(["sha256sum", archive], check=True, capture_output=True, text=True).stdout.split()[0]
        yield Registry(at, layout, archive, f"sha256:{digest}")
