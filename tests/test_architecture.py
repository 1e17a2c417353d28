"""The folder is the architecture diagram: each file imports only from files above it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import autodiff
import nn

ROOT = Path(__file__).parent.parent

# From the top: what stands on one line may import from what stands above, and from its own line if it is a folder.
ORDER = [
    "autodiff.errors",
    "autodiff.decisions",
    "autodiff.lines",
    "autodiff.modes",
    "autodiff.containers",
    "autodiff.operands",
    "autodiff.primitives.rules",
    "autodiff.primitives.signatures",
    "autodiff.primitives.keywords",
    "autodiff.primitives.kinds",
    "autodiff.primitives.later",
    "autodiff.primitives.nondifferentiable",
    "autodiff.primitives.arithmetic",
    "autodiff.primitives.powers",
    "autodiff.primitives.extremes",
    "autodiff.primitives.complex_parts",
    "autodiff.primitives.transcendental",
    "autodiff.primitives.reductions",
    "autodiff.primitives.products",
    "autodiff.primitives.shaping",
    "autodiff.primitives.joining",
    "autodiff.primitives.given",
    "autodiff.primitives.indexing",
    "autodiff.primitives.sorting",
    "autodiff.primitives.contractions",
    "autodiff.primitives.turning",
    "autodiff.primitives.stacking",
    "autodiff.primitives.diagonals",
    "autodiff.primitives.choosing",
    "autodiff.primitives.spacing",
    "autodiff.primitives.questions",
    "autodiff.primitives.matrices",
    "autodiff.primitives.ties",
    "autodiff.primitives.eigen",
    "autodiff.primitives.singular",
    "autodiff.primitives.solving",
    "autodiff.primitives.least_squares",
    "autodiff.primitives.factorizations",
    "autodiff.primitives.determinants",
    "autodiff.primitives.norms",
    "autodiff.primitives.matrix_products",
    "autodiff.primitives.fft",
    "autodiff.primitives.composites",
    "autodiff.primitives.nans",
    "autodiff.primitives.statistics",
    "autodiff.primitives.weighted_quantiles",
    "autodiff.primitives.quantiles",
    "autodiff.primitives.differences",
    "autodiff.primitives.convolution",
    "autodiff.primitives.polynomials",
    "autodiff.primitives.polynomial_fits",
    "autodiff.primitives.interpolation",
    "autodiff.primitives.vector_products",
    "autodiff.primitives.floating",
    "autodiff.primitives.discrete",
    "autodiff.primitives.counting",
    "autodiff.primitives.sets",
    "autodiff.primitives.applying",
    "autodiff.primitives",
    "autodiff.primitives.special",
    "autodiff.primitives.matrix_functions",
    "autodiff.primitives.convolutions",
    "autodiff.primitives.sparse",
    "autodiff.primitives.integrals",
    "autodiff.graph",
    "autodiff.fitting",
    "autodiff.recording",
    "autodiff.reverse",
    "autodiff.forward",
    "autodiff.limits",
    "autodiff.refusals",
    "autodiff.operators",
    "autodiff.reading",
    "autodiff.methods",
    "autodiff.value",
    "autodiff.arguments",
    "autodiff.holomorphic",
    "autodiff.runs",
    "autodiff.transforms",
    "autodiff.curvature",
    "autodiff.checkpointing",
    "autodiff.debugging",
    "autodiff.optimize",
    "autodiff.scipy",
    "autodiff.compiler",
    "autodiff.drawing",
    "autodiff",
    "autodiff.testing",
    "nn",
]
FOLDERS = {"autodiff.primitives.special", "autodiff.primitives.matrix_functions", "autodiff.debugging"}
FOLDERS |= {"autodiff.optimize", "autodiff.scipy", "autodiff.compiler", "autodiff.drawing", "autodiff.testing", "nn"}
LEARNERS_FILES = ["primitives/kinds", "primitives/arithmetic", "graph", "reverse", "value"]


def modules() -> list[tuple[str, Path]]:
    found = []
    for package in ("autodiff", "nn"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def place(module: str) -> str:
    """The line of ORDER a module belongs to: its own, or its folder's."""
    for folder in FOLDERS:
        if module == folder or module.startswith(f"{folder}."):
            return folder
    return module


def imported(path: Path) -> Iterator[str]:
    """What a file imports when it is imported: not inside functions, not for the type checker alone."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.Lambda)) or (
            isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        ):
            pending += node.orelse if isinstance(node, ast.If) else []
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if (ROOT / submodule.replace(".", "/")).with_suffix(".py").exists() else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        pending += ast.iter_child_nodes(node)


@pytest.mark.parametrize(("module", "path"), [pytest.param(*pair, id=pair[0]) for pair in modules()])
def test_each_file_imports_only_from_files_above_it(module, path):
    mine = place(module)
    assert mine in ORDER, f"{module} has no place in the order: say where it stands"
    for other in imported(path):
        if other.partition(".")[0] in ("autodiff", "nn"):
            theirs = place(other)
            above = ORDER.index(theirs) < ORDER.index(mine) or (theirs == mine and mine in FOLDERS)
            assert above, f"{module} imports {other}, which stands below it"


def test_kinds_has_never_heard_of_value():
    for name in ("kinds", "rules"):
        tree = ast.parse((ROOT / f"autodiff/primitives/{name}.py").read_text(encoding="utf-8"))
        assert "Value" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize(("module", "path"), [pytest.param(*pair, id=pair[0]) for pair in modules()])
def test_files_say_what_they_are_for_and_import_by_name(module, path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body
    named = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert not any(alias.name == "*" for node in named for alias in node.names)
    if module.startswith("autodiff"):
        assert not any((getattr(node, "module", "") or "").partition(".")[0] == "nn" for node in named)


def test_there_are_no_circles():
    """Inside the folders, too: whatever a file needs later it may import later."""
    known = dict(modules())
    edges = {module: sorted({other for other in imported(path) if other in known}) for module, path in known.items()}
    done, under_way = set(), []

    def visit(module):
        assert module not in under_way, f"circle: {' → '.join([*under_way, module])}"
        if module not in done:
            under_way.append(module)
            for other in edges[module]:
                if other != module:
                    visit(other)
            done.add(under_way.pop())

    for module in known:
        visit(module)


def test_what_a_learner_reads_stays_short():
    lines = sum(len((ROOT / f"autodiff/{name}.py").read_text(encoding="utf-8").splitlines()) for name in LEARNERS_FILES)
    assert lines < 900


PUBLIC = """
Value checkpoint debug_nans draw draw_dot elementwise elementwise_grad errors grad hessian hvp jacobian jit jvp linear
log_softmax logsumexp multilinear no_grad nondifferentiable one_hot optimize primitive put relu scipy sigmoid softmax
softplus stop_gradient testing value_and_grad vjp
"""


def test_the_public_names():
    assert set(autodiff.__all__) == set(PUBLIC.split())
    assert all(hasattr(autodiff, name) for name in autodiff.__all__)
    assert all(hasattr(nn, name) for name in nn.__all__)
