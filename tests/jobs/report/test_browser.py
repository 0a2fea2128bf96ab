"""The HTML report in a real browser, light and dark: it is drawn, and differs where it should."""

import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

from small_run import BINARY, SmallRun

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# preferredColorScheme of Blink: 0 is dark, 1 is light.
SCHEMES = {"dark": 0, "light": 1}


def pixels(path):
    """Rows of (r, g, b) of an 8-bit RGB or RGBA PNG."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and color in (2, 6), (depth, color)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    size = 3 if color == 2 else 4
    raw, stride = zlib.decompress(packed), width * size
    rows, above = [], bytearray(stride)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride):
            a, b = line[x - size] if x >= size else 0, above[x]
            c = above[x - size] if x >= size else 0
            p = a + b - c
            near = min((abs(p - v), i, v) for i, v in enumerate((a, b, c)))[2]
            line[x] = (line[x] + (0, a, b, (a + b) // 2, near)[kind]) & 255
        rows.append([tuple(line[x : x + 3]) for x in range(0, stride, size)])
        above = line
    return rows


@unittest.skipUnless(BINARY, "needs SHARDMILL_BIN")
@unittest.skipUnless(BROWSER, "no chromium on PATH")
class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        small = SmallRun()
        cls.addClassCleanup(small.close)
        done = small.run()
        assert done.returncode == 0, done.stderr
        cls.page = small.folder / "out/current/report.html"
        cls.profile = tempfile.mkdtemp(prefix="shardmill-browser-")
        cls.addClassCleanup(shutil.rmtree, cls.profile, True)
        cls.shots = {scheme: cls.shoot(scheme) for scheme in SCHEMES}

    @classmethod
    def shoot(cls, scheme):
        picture = pathlib.Path(cls.profile) / (scheme + ".png")
        # Any request for a host name would fail loudly: nothing resolves.
        subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                        "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + cls.profile,
                        "--window-size=500,900", "--screenshot=" + str(picture),
                        "--blink-settings=preferredColorScheme=%d" % SCHEMES[scheme],
                        cls.page.resolve().as_uri()],
                       check=True, capture_output=True, timeout=180)
        return pixels(picture)

    def test_nothing_outside_is_named(self):
        self.assertNotIn("http", self.page.read_text())

    def test_both_modes_are_drawn(self):
        for scheme, rows in self.shots.items():
            colours = {colour for row in rows for colour in row}
            self.assertGreater(len(colours), 50, scheme)
            ground = rows[0][0]
            self.assertEqual(sum(ground) > 3 * 128, scheme == "light", (scheme, ground))
            # Text, marks of what is kept (bluish) and of what is dropped (orange).
            self.assertTrue(any(abs(sum(c) - sum(ground)) > 450 for c in colours), scheme)
            self.assertTrue(any(c[2] > c[0] + 60 for c in colours), scheme)
            self.assertTrue(any(c[0] > c[2] + 100 for c in colours), scheme)


if __name__ == "__main__":
    unittest.main()
