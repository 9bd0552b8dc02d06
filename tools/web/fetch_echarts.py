"""Fetches Apache ECharts again, with npm, and compares it with the one kept here.

    python -m tools.web.fetch_echarts            # says whether the kept file is the published one
    python -m tools.web.fetch_echarts --write    # writes it, its licence and its notice into tools/web/static/

For another version: change `VERSION` and `SHA256`, which is the hash of `dist/echarts.min.js` in the package.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

VERSION = "6.1.0"
SHA256 = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
STATIC = Path(__file__).parent / "static"
# Name here by name in the package.
KEPT = {
    "dist/echarts.min.js": "echarts.min.js",
    "LICENSE": "echarts.LICENSE",
    "licenses/LICENSE-d3": "echarts.LICENSE-d3",
    "NOTICE": "echarts.NOTICE",
}
TIMEOUT_S = 120


def published(archive: bytes) -> dict[str, bytes]:
    """Return the files to keep, by their names here, from the package's .tgz.

    Raises:
      ValueError: the script in it has another hash than `SHA256`.
    """
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as package:
        files = {name: package.extractfile(f"package/{path}") for path, name in KEPT.items()}
        content = {name: file.read() for name, file in files.items() if file is not None}
    digest = hashlib.sha256(content["echarts.min.js"]).hexdigest()
    if digest != SHA256:
        raise ValueError(f"echarts {VERSION}: dist/echarts.min.js has sha256 {digest}, expected {SHA256}")
    return content


def packed(version: str) -> bytes:
    """Return the package's .tgz, which npm fetches from wherever it is set up to.

    Raises:
      subprocess.CalledProcessError: npm could not; it has said why.
    """
    with tempfile.TemporaryDirectory(prefix="echarts-") as folder:
        command = ("npm", "pack", "--silent", "--pack-destination", folder, f"echarts@{version}")
        subprocess.run(command, check=True, timeout=TIMEOUT_S)
        return (Path(folder) / f"echarts-{version}.tgz").read_bytes()


def main(argv: Sequence[str] | None = None) -> int:
    """Compare or write the files; return 1 where the kept ones differ."""
    parser = argparse.ArgumentParser(prog="python -m tools.web.fetch_echarts")
    parser.add_argument("--write", action="store_true", help="write the files instead of comparing them")
    given = parser.parse_args(argv)
    content = published(packed(VERSION))
    if given.write:
        for name, text in content.items():
            (STATIC / name).write_bytes(text)
    differing = [name for name, text in content.items() if (STATIC / name).read_bytes() != text]
    print(
        f"differs from the published one: {', '.join(differing)}" if differing else f"echarts {VERSION}, as published"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
