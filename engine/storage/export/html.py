"""The parts that every HTML report is put together from."""

from collections.abc import Iterable
from html import escape

STYLE = """
:root{color-scheme:light dark;--ink:#1d2330;--paper:#fff;--faint:#d9dde5;--soft:#5b6475;
--a:#1b62c4;--b:#c2541b}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--paper:#14171d;--faint:#343b48;--soft:#9aa4b5;
--a:#6aa9ff;--b:#ff9a5c}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;
margin:2rem auto;padding:0 1rem}h1,td,th,p{overflow-wrap:anywhere}.note{white-space:pre-wrap}
table{border-collapse:collapse;margin:.5rem 0}td,th{padding:.15rem .6rem;text-align:left;
border-bottom:1px solid var(--faint)}.n td,.n th{text-align:right}.charts{display:grid;
grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:1rem}svg{width:100%}
svg text{fill:var(--ink);font-size:14px}svg .tick{fill:var(--soft);font-size:12px}svg .title{font-weight:600}
.grid{stroke:var(--faint)}.best{stroke:var(--soft);stroke-dasharray:2 3}.curve{fill:none;stroke-width:2}
.curve.c0{stroke:var(--a)}.curve.c1{stroke:var(--b)}.dot.c0{fill:var(--a)}.dot.c1{fill:var(--b)}
.wide{overflow-x:auto}.changed{font-weight:600}
"""


def page(title: str, sections: Iterable[str]) -> str:
    """Return a self-contained page of these sections, without those that are empty."""
    body = "\n".join(section for section in sections if section)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{safe_text(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values."""
    lines = "".join(f"<tr><th>{safe_text(name)}</th><td>{safe_text(value)}</td></tr>" for name, value in rows)
    return f"<table>{lines}</table>"


def safe_text(value: object) -> str:
    """Return a value as text that is safe in HTML: escaped, without control characters."""
    kept = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in str(value))
    return escape(kept)
