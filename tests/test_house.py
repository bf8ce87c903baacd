"""The house keeps its sizes: modules, functions, arguments, nesting."""

import ast
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "diapason"
MODULES = sorted(SRC.rglob("*.py"))
DEEP = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)
ROOMY = "# roomy:"
"""A function or module over a limit says why on its first line after this mark."""


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (x for x in ast.walk(tree) if isinstance(x, ast.FunctionDef | ast.AsyncFunctionDef))


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    doc = ast.get_docstring(function, clean=False)
    return (function.end_lineno or 0) - function.lineno + 1 - (doc.count("\n") + 1 if doc else 0)


def _depth(node: ast.AST) -> int:
    below = 0
    for child in ast.iter_child_nodes(node):
        elif_ = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        step = isinstance(child, DEEP) and not elif_
        below = max(below, step + _depth(child))
    return below


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_a_module_fits_a_reader(module: Path) -> None:
    """Docstring first, at most 400 lines, functions at most 40 lines, 6 positional arguments, 3 levels."""
    text = module.read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.splitlines()
    assert ast.get_docstring(tree), "no docstring"
    assert len(lines) <= 400 or ROOMY in text
    for function in _functions(tree):
        if ROOMY in lines[function.lineno - 1]:
            continue
        positional = [a for a in function.args.posonlyargs + function.args.args if a.arg not in ("self", "cls")]
        assert _lines(function) <= 40, f"{function.name} has {_lines(function)} lines"
        assert len(positional) <= 6, f"{function.name} has {len(positional)} positional arguments"
        assert _depth(function) <= 3, f"{function.name} nests {_depth(function)} deep"


def test_a_user_gets_the_packages_that_were_tested() -> None:
    """`requirements-use.lock` is the part of `requirements.lock` that the product needs: .ci/use-lock cuts it out."""
    root = SRC.parents[1]
    cut = runpy.run_path(str(root / ".ci" / "use-lock"))["cut"]
    assert (root / "requirements-use.lock").read_text(encoding="utf-8") == cut()
