"""A hook of MkDocs: the pages of the site that are not files of `docs/`, and links between all of them.

The repository's pages link each other as files, so that they can be read there too. The API has a page for each folder
of the code, made from what is there: a module that moves needs no change here.
"""

import logging
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

logger = logging.getLogger("mkdocs.hooks.pages")

_ROOT = Path(__file__).resolve().parent.parent
_CODE = ("bridge", "chat_tasks")
_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    ".env.example": "settings.md",
}
"""Files of the repository outside of `docs/`, and the pages that they become."""

_LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)#\s]+)")
_MODULE = re.compile(rf"`((?:{'|'.join(_CODE)})/[\w/]+\.py)`")
_MERMAID = '<pre class="mermaid">'


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the sections whose pages nobody lists."""
    decisions = sorted(path.name for path in (_ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert config.nav is not None
    config.nav += [
        {"Decisions": ["decisions/README.md", *(f"decisions/{name}" for name in decisions)]},
        {"API": [{package: _api_page(package)} for package in _packages()]},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for name, page in _PAGES.items():
        text = (_ROOT / name).read_text()
        if page == "settings.md":
            text = f"# Settings\n\n```sh\n{text}```\n"
        files.append(File.generated(config, page, content=text))
    for package, modules in _packages().items():
        files.append(File.generated(config, _api_page(package), content=_api_text(package, modules)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Links to files become links to pages, and names of modules become links to the API."""
    here = page.file.src_uri
    if here.startswith("api/") or here == "settings.md":
        return markdown
    source = next((name for name, target in _PAGES.items() if target == here), f"docs/{here}")

    def to_page(link: re.Match[str]) -> str:
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), link[1]))
        target = _PAGES.get(file, file.removeprefix("docs/"))
        return posixpath.relpath(target, posixpath.dirname(here) or ".")

    def to_api(name: re.Match[str]) -> str:
        if not (_ROOT / name[1]).exists():
            logger.warning("%s names %s, which does not exist", source, name[1])
            return name[0]
        return f"[{name[0]}][{_module(Path(name[1]))}]"

    return _MODULE.sub(to_api, _LINK.sub(to_page, markdown))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001
    """The theme would fetch Mermaid from elsewhere: pages with a drawing bring it along."""
    if _MERMAID not in output:
        return output
    script = posixpath.relpath("assets/mermaid/mermaid.tiny.js", page.url or ".")
    return output.replace("</head>", f'<script src="{script}"></script></head>', 1)


def _packages() -> dict[str, list[str]]:
    """The modules of each folder of the code, by the folder's package."""
    found: dict[str, list[str]] = {}
    for code in _CODE:
        for path in sorted((_ROOT / code).rglob("__init__.py")):
            modules = sorted(_module(one.relative_to(_ROOT)) for one in path.parent.glob("*.py") if one != path)
            found[_module(path.relative_to(_ROOT))] = modules
    return found


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _api_page(package: str) -> str:
    return f"api/{package}.md"


def _api_text(package: str, modules: list[str]) -> str:
    blocks = [f"# {package}", f"::: {package}\n    options:\n      members: []\n      show_root_heading: false"]
    return "\n\n".join([*blocks, *(f"::: {module}" for module in modules)]) + "\n"
