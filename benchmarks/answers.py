"""Where the others differ: the same derivative asked of everybody, at points where it is easy to get wrong."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import autodiff as ad
from benchmarks.peers import autograd, jax, mygrad, torch

Answer = Callable[[], Any]


@dataclass(frozen=True)
class Question:
    """One derivative: what it is, what is right, and how each library is asked."""

    text: str
    right: Any
    asked: dict[str, Answer]


def of_namespace(f: Callable[[Any, Any], Any], x: Any, right: Any, text: str) -> Question:
    """A question that reads the same in everybody's NumPy: f(namespace, x), a scalar."""
    x = np.asarray(x, dtype=float)
    return Question(
        text,
        np.asarray(right, dtype=float),
        {
            "autodiff": lambda: ad.grad(lambda v: f(np, v))(x),
            "PyTorch": lambda: _torch(f, x),
            "JAX": lambda: jax.grad(lambda v: f(jax.numpy, v))(jax.numpy.asarray(x)),
            "autograd": lambda: autograd.grad(lambda v: f(autograd.numpy, v))(x),
            "MyGrad": lambda: _mygrad(f, x),
        },
    )


def _torch(f: Callable[[Any, Any], Any], x: Any) -> Any:
    v = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(f(torch, v), v)[0].numpy()


def _mygrad(f: Callable[[Any, Any], Any], x: Any) -> Any:
    v = mygrad.tensor(x)
    f(mygrad, v).backward()
    return v.grad


def _deviation(xp: Any, x: Any) -> Any:
    return x.std() if xp is not torch else x.std(correction=0)


MASK = np.array([True, False, True])

QUESTIONS = (
    of_namespace(
        lambda xp, x: xp.where(x > 0, xp.log(x), xp.zeros_like(x) if xp is torch else 0.0).sum(),
        [0.0, 2.0],
        [0.0, 0.5],
        "Σ where(x > 0, log x, 0) at (0, 2)",
    ),
    of_namespace(lambda xp, x: xp.sum(x * x, where=MASK), [1.0, 2.0, 3.0], [2.0, 0.0, 6.0], "sum(x², where=mask)"),
    of_namespace(lambda xp, x: x.prod(), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0], "prod x at (0, 2, 3)"),
    of_namespace(_deviation, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], "std x at (2, 2, 2), by convention 0"),
    of_namespace(
        lambda xp, x: xp.var(x, correction=1), [1.0, 2.0, 4.0], [-4 / 3, -1 / 3, 5 / 3], "var(x, correction=1)"
    ),
    of_namespace(lambda xp, x: xp.sinc(x).sum(), [0.0, 1e-9], [0.0, -(np.pi**2) / 3 * 1e-9], "Σ sinc x at (0, 10⁻⁹)"),
    of_namespace(lambda xp, x: (x**0.0).sum(), [0.0, 1.0], [0.0, 0.0], "Σ x⁰ at (0, 1)"),
)


def verdict(question: Question, library: str) -> str:
    """What a library answers: that it is right, the wrong answer itself, or the exception by which it refuses."""
    ask = question.asked[library]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            answer = np.asarray(ask(), dtype=float)
    except Exception as error:  # noqa: BLE001 -- whatever a peer raises is a refusal
        return f"refuses ({type(error).__name__})"
    if answer.shape == question.right.shape and np.allclose(answer, question.right, rtol=1e-6, atol=1e-20):
        return "right"
    return f"**{np.array2string(answer, precision=3)}**"


def rows(libraries: tuple[str, ...]) -> list[list[str]]:
    """One line a question: what it is, what is right, and everybody's answer."""
    return [
        [
            question.text,
            np.array2string(question.right, precision=3),
            *(verdict(question, library) for library in libraries),
        ]
        for question in QUESTIONS
    ]
