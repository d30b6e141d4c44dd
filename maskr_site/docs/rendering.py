"""From Markdown with template tags to the HTML of a page, its headings and its plain text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from typing import Any

from django.conf import settings
from django.template import Context, Engine
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.anchors import anchors_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from maskr_site.docs.tables import label_cells

_LANGUAGES = {
    "bash": "Shell",
    "python": "Python",
    "javascript": "Node",
    "json": "JSON",
    "http": "HTTP",
    "text": "Text",
    "sh": "Shell",
}


@dataclass(frozen=True)
class Passage:
    """A heading and the text under it, up to the next one: what search finds and links."""

    title: str
    anchor: str
    level: int
    text: str


@dataclass(frozen=True)
class Snippet:
    """A fenced block: its language, the words after it, its text."""

    language: str
    marks: frozenset[str]
    code: str


@dataclass(frozen=True)
class Rendered:
    html: str
    summary: str
    passages: tuple[Passage, ...]
    snippets: tuple[Snippet, ...]

    @property
    def headings(self) -> list[Passage]:
        """Those that the contents on the page list."""
        return [passage for passage in self.passages if passage.level == 2]


def render(text: str, facts: dict[str, Any]) -> Rendered:
    """The page `text` with `facts` filled in."""
    template = _engine().from_string(text)
    return _render(template.render(Context(facts, autoescape=False)))


@cache
def _engine() -> Engine:
    """Pages include each other's common parts, whose names begin with an underscore."""
    return Engine(dirs=[str(settings.BASE_DIR / "docs/site")], autoescape=False)


@lru_cache(maxsize=256)
def _render(markdown: str) -> Rendered:
    # Kept by the finished text: a changed price makes another text, so nothing goes stale.
    parser = _parser()
    tokens = parser.parse(markdown)
    label_cells(tokens)
    html = str(parser.renderer.render(tokens, parser.options, {"blocks": 0}))
    return Rendered(html, _summary(tokens), tuple(_passages(tokens)), tuple(_snippets(tokens)))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.use(anchors_plugin, min_level=2, max_level=3)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("heading_close", _heading_close)
    parser.add_render_rule("table_open", lambda *_: '<table class="cards">\n')
    return parser


def _fence(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    _options: OptionsDict,
    env: EnvType,
) -> str:
    """Coloured code with a copy button, which copy.js shows."""
    env["blocks"] += 1
    number, snippet = env["blocks"], _snippet(tokens[place])
    lexer = get_lexer_by_name(snippet.language or "text")
    code = highlight(snippet.code, lexer, HtmlFormatter(nowrap=True))
    name = escape(_LANGUAGES.get(snippet.language, snippet.language))
    return (
        f'<div class="code-block"><div class="code-head"><span>{name}</span>'
        f'<button type="button" data-copies="code-{number}" hidden>Copy'
        f'<span class="unseen"> the code</span></button></div>'
        f'<pre id="code-{number}" tabindex="0"><code>{code}</code></pre></div>\n'
    )


def _heading_close(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    """Ends a heading with a link to itself."""
    tag, anchor = tokens[place].tag, tokens[place - 2].attrGet("id")
    if not anchor:
        return f"</{tag}>\n"
    label = escape(f"Link to “{_plain(tokens[place - 1])}”")
    return f' <a class="anchor" href="#{anchor}" aria-label="{label}">#</a></{tag}>\n'


def _summary(tokens: Sequence[Token]) -> str:
    """The first paragraph, in plain text."""
    places = (place for place, token in enumerate(tokens) if token.type == "paragraph_open")
    first = next(places, None)
    return "" if first is None else _plain(tokens[first + 1])


def _passages(tokens: Sequence[Token]) -> list[Passage]:
    passages: list[Passage] = []
    heading, words = ("", "", 1), list[str]()
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            passages.append(Passage(*heading, " ".join(words)))
            anchor = str(token.attrGet("id") or "")
            heading, words = (_plain(tokens[place + 1]), anchor, int(token.tag[1])), []
        elif token.type == "inline" and tokens[place - 1].type != "heading_open":
            words.append(_plain(token))
        elif token.type == "fence":
            words.append(token.content)
    return [*passages[1:], Passage(*heading, " ".join(words))]


def _snippets(tokens: Sequence[Token]) -> list[Snippet]:
    return [_snippet(token) for token in tokens if token.type == "fence"]


def _snippet(fence: Token) -> Snippet:
    language, *marks = fence.info.split() or [""]
    return Snippet(language, frozenset(marks), fence.content)


def _plain(inline: Token) -> str:
    """The words of a paragraph or heading, without its marks."""
    children = inline.children or []
    return "".join(" " if child.type == "softbreak" else child.content for child in children)
