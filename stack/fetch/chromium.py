"""Chromium, which the console's tests drive: that of this machine, else Debian's package."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stack.fetch.debian import unpack
from stack.home import home_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

# One typeface for text, as desktops have, one for code and for what the first lacks, and one for emoji: the same on
# every machine, since pictures are taken.
_FONTS = ("fonts-inter", "fonts-dejavu-core", "fonts-noto-color-emoji")
_FONTS_CONF = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/usr/share/fonts</dir>
  <cachedir>{folder}/cache</cachedir>
  <alias binding="strong"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <match><edit name="family" mode="append_last"><string>Inter</string></edit></match>
</fontconfig>
"""


class Chromium(NamedTuple):
    """The program, and the variables with which it finds its libraries and fonts."""

    program: Path
    environment: Mapping[str, str]


def find_chromium() -> Chromium:
    """Chromium; what is missing is fetched once. Raises `MissingToolError` if there is no way to."""
    fonts = home_folder() / "fonts"
    unpack(_FONTS, fonts)
    configuration = fonts / "fonts.conf"
    configuration.write_text(_FONTS_CONF.format(folder=fonts))
    environment = {"FONTCONFIG_FILE": str(configuration)}
    if (installed := shutil.which("chromium")) is not None:
        return Chromium(Path(installed), environment)
    folder = home_folder() / "chromium"
    unpack(["chromium"], folder)
    # Some libraries have others in a folder of their own beside them.
    libraries = {one.parent for depth in ("*", "*/*") for one in folder.glob(f"usr/lib/*-linux-gnu*/{depth}.so*")}
    environment["LD_LIBRARY_PATH"] = ":".join(sorted(map(str, libraries)))
    return Chromium(folder / "usr/lib/chromium/chromium", environment)
