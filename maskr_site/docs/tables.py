"""Prepares the tables of a page for small screens, where each row becomes a card."""

from collections.abc import Sequence

from markdown_it.token import Token


def label_cells(tokens: Sequence[Token]) -> None:
    """Names each cell after its column, and makes the first of a row its heading."""
    columns: list[str] = []
    column = 0
    for place, token in enumerate(tokens):
        if token.type == "table_open":
            columns = []
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            columns.append(tokens[place + 1].content.replace("`", ""))
            token.attrSet("scope", "col")
        elif token.type == "td_open":
            if column == 0:
                _make_heading(token, tokens[place + 2])
            elif columns[column]:
                token.attrSet("data-label", columns[column])
            column += 1


def _make_heading(opening: Token, closing: Token) -> None:
    opening.tag = closing.tag = "th"
    opening.attrSet("scope", "row")
