"""The source of tinynet with one small change at a time, and the functions that it changes."""

import ast
import gc
import hashlib
from collections import Counter
from functools import partial
from inspect import CO_NEWLOCALS
from types import CodeType, FunctionType

COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
SWAPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


# ---- changes


def changes(node):
    """What a node can be changed to, each with a name."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        yield "comparison", lambda n: n.ops.__setitem__(0, SWAPPED[type(n.ops[0])]())
    elif isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in SWAPPED:
        yield type(node.op).__name__, lambda n: setattr(n, "op", SWAPPED[type(n.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", lambda n: setattr(n, "op", ast.UAdd())
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield "condition", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        value = node.value
        new = not value if type(value) is bool else value + 1 if value in (0, 1) else 2 * value
        yield f"{value} to {new}", lambda n: setattr(n, "value", new)
    elif isinstance(node, ast.Return) and ast.unparse(node) not in ("return", "return None"):
        yield "return None", lambda n: setattr(n, "value", ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "no call", lambda n: setattr(n, "value", ast.Constant(None))


def nodes(tree):
    """The nodes that are run: no annotations, which only a type checker reads."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "type_params"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield one
                yield from nodes(one)


def units(body, place=""):
    """The functions and the other statements of a module, and what a class is made from, by name:
    lists of nodes."""
    for one in body:
        name = place + getattr(one, "name", "")
        if isinstance(one, ast.ClassDef):
            yield name, [*one.decorator_list, *one.bases, *one.keywords]
            yield from units(one.body, f"{name}.")
        else:
            yield name, [one]


def mutants(path):
    """The changes of a module: (key, line, a call that gives the code of the module). A key has the
    name of a function and a digest of its text, so it stays as long as nobody edits the function.
    That zip is strict is no part of what a module does: it guards against a mistake in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guards = [n.value for n in nodes(tree) if isinstance(n, ast.keyword) and n.arg == "strict"]
    seen = Counter()
    for name, inner in units(tree.body):
        text = "\n".join(map(ast.unparse, inner))
        unit = f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        seen[unit] += 1
        own = [node for one in inner for node in (one, *nodes(one))]
        for i, node in enumerate(own):
            for what, change in () if node in guards else changes(node):
                key = f"{unit}/{seen[unit]}/{i} {what}"
                yield key, node.lineno, partial(changed, path, tree, node, change)


def changed(path, tree, node, change):
    """The code of a module in which one node is changed."""
    before = {k: v[:] if isinstance(v, list) else v for k, v in vars(node).items()}
    change(node)
    code = compile(ast.fix_missing_locations(tree), str(path), "exec")
    vars(node).clear()
    vars(node).update(before)
    return code


# ---- the code of functions


def split(code, is_function=False):
    """What a module does when it is imported, and the functions that it then has."""
    if is_function:
        return [], [code]
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    names = code.co_name, code.co_code, code.co_names
    outer, functions = [(*names, *(one for one in code.co_consts if one not in inner))], []
    for one in inner:
        # a class's body keeps its names in a dictionary; a comprehension is run where it stands
        is_body = not one.co_flags & CO_NEWLOCALS or one.co_name in COMPREHENSIONS
        more, own = split(one, is_function=not is_body)
        outer, functions = outer + more, functions + own
    return outer, functions


def new_functions(old, new):
    """(old code, new code) of the functions that differ; None if the import does."""
    (outer, functions), (new_outer, others) = split(old), split(new)
    if outer != new_outer or len(functions) != len(others):
        return None
    pairs = [pair for both in zip(functions, others, strict=True) for pair in nested(*both)]
    return None if any(a.co_freevars != b.co_freevars for a, b in pairs) else pairs


def nested(old, new):
    """The two, if they differ, and the functions in them: a decorator has been called already."""
    if old != new:
        yield old, new
        both = ([one for one in code.co_consts if isinstance(one, CodeType)] for code in (old, new))
        for pair in zip(*both, strict=False):
            yield from nested(*pair)


def living():
    """The functions that there are, by their code."""
    found = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            found.setdefault(one.__code__, []).append(one)
    return found
