"""Formulas as MathML, which browsers draw without a program: nothing has to be fetched for them."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = ["NOTHING", "formula", "page", "renderer", "without_mathjax"]

NOTHING = "data:,"  # the address of an empty program


def formula(latex: str, display: str = "inline") -> str:
    """A formula as MathML, which browsers draw without a program.

    Examples
    --------
    >>> formula("x")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    from latex2mathml.converter import convert

    mathml = re.sub(r"&#x([0-9A-Fa-f]{4,5});", character, convert(latex, display=display))
    # a raised prime is raised once, by its own shape
    mathml = re.sub(
        r"<msup>(<m[in][^>]*>[^<]*</m[in]>)<mi>([′″])</mi></msup>", r'\1<mo lspace="0" rspace="0">\2</mo>', mathml
    )
    # a minus behind a bracket, a comma or a sign is no difference, and stands close to its number
    return re.sub(r"([(\[,;=←→≈<>+−⋅·]</mo>)<mo>−</mo>", r'\1<mo form="prefix">−</mo>', mathml)


def tied(text: str) -> str:
    """HTML where no line begins with the comma behind a formula.

    Examples
    --------
    >>> tied('of <math display="inline">x</math>, and')
    'of <span style="white-space: nowrap"><math display="inline">x</math>,</span> and'
    """
    inline = r'((?:<span class="formula" tabindex="0">)?<math[^>]*display="inline">(?:(?!<math).)*?</math>(?:</span>)?)'
    return re.sub(inline + r"([.,;:!?)]+)", r'<span style="white-space: nowrap">\1\2</span>', text, flags=re.DOTALL)


def character(number: re.Match[str]) -> str:
    """A character for its number; what HTML wants escaped stays so."""
    found = chr(int(number[1], 16))
    return number[0] if found in "<>&" else found


def renderer(long: float = math.inf) -> Any:
    """The class that makes HTML of a text with formulas; those of more than ``long`` signs can be scrolled by key."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return f'<span class="formula" tabindex="0">{formula(body)}</span>' if len(body) > long else formula(body)

        def block_math(self, body: str) -> str:
            return f'<div class="formula" tabindex="0">{formula(body, "block")}</div>'

        def latex_environment(self, name: str, body: str) -> str:
            return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    return Renderer


def page(renderer: Any, source: str) -> str:
    """A text as HTML."""
    from nbconvert.filters.markdown_mistune import MarkdownWithMath

    return tied(str(MarkdownWithMath(renderer=renderer).render(source)))


def without_mathjax(exporter: Any, resources: Any) -> None:
    """Let an exporter of nbconvert to HTML write formulas as MathML, so that its page need not load MathJax."""
    from jinja2 import pass_context

    @pass_context
    def markdown2html(context: Any, source: str) -> str:
        attached = context.get("cell", {}).get("attachments", {})
        options: dict[str, Any] = dict(attachments=attached, anchor_link_text=exporter.anchor_link_text)
        return page(renderer()(escape=False, **options), source)

    exporter.environment.filters["markdown2html"] = markdown2html
    resources["mathjax_url"] = NOTHING
