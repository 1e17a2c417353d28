"""One step of a character model: two LSTM layers of 128, 50 characters, batch 32, 65 symbols, float32, RMSprop."""

from typing import Any

import numpy as np

import autodiff as ad
import nn
from autodiff import Value
from benchmarks.harness import Row, Step, jit
from benchmarks.peers import jax, torch

LAYERS, HIDDEN, TIME, BATCH, SYMBOLS = 2, 128, 50, 32, 65
RATE, DECAY, EPSILON = 0.002, 0.99, 1e-8

_draw = np.random.default_rng(0)
_text = _draw.integers(SYMBOLS, size=(TIME + 1, BATCH))
INPUTS = np.eye(SYMBOLS, dtype=np.float32)[_text[:-1]]  # (TIME, BATCH, SYMBOLS), one-hot
TARGETS = _text[1:].ravel()


def first_weights() -> list[np.ndarray[Any, Any]]:
    """Input matrix, recurrent matrix and bias of each layer, then matrix and bias of the read-out; gates i, f, g, o."""
    draw = np.random.default_rng(1)
    shapes: list[tuple[int, ...]] = []
    for layer in range(LAYERS):
        shapes += [(HIDDEN if layer else SYMBOLS, 4 * HIDDEN), (HIDDEN, 4 * HIDDEN), (4 * HIDDEN,)]
    shapes += [(HIDDEN, SYMBOLS), (SYMBOLS,)]
    return [draw.uniform(-0.08, 0.08, size=shape).astype(np.float32) for shape in shapes]


def logistic(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), through tanh: one call of a transcendental, no overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def autodiff() -> Step:
    step = training_step()
    return lambda: step(INPUTS, TARGETS)


def autodiff_jit() -> Step:
    step = ad.jit(training_step())
    return lambda: step(INPUTS, TARGETS)


def training_step() -> Any:
    parameters = [Value(a) for a in first_weights()]
    squares = [Value(np.zeros_like(p.data)) for p in parameters]
    *cells, w_out, b_out = parameters

    def layer(sequence: Any, w: Value, u: Value, b: Value) -> list[Value]:
        h = c = np.zeros((BATCH, HIDDEN), np.float32)
        outputs = []
        for x in sequence:
            i, f, g, o = np.split(x @ w + h @ u + b, 4, axis=1)
            c = logistic(f) * c + logistic(i) * np.tanh(g)
            h = logistic(o) * np.tanh(c)
            outputs.append(h)
        return outputs

    def step(sequence: Any, targets: Any) -> Any:
        for k in range(LAYERS):
            sequence = layer(sequence, *cells[3 * k : 3 * k + 3])
        loss = nn.cross_entropy(np.concatenate(sequence) @ w_out + b_out, targets)
        loss.backward()
        for p, s in zip(parameters, squares, strict=True):
            g = p.grad
            s.data = DECAY * s.data + (1 - DECAY) * g * g
            p.data -= RATE * g / (np.sqrt(s.data) + EPSILON)
            p.zero_grad()
        return loss

    return step


def pytorch() -> Step:
    lstm, linear = torch.nn.LSTM(SYMBOLS, HIDDEN, LAYERS), torch.nn.Linear(HIDDEN, SYMBOLS)
    *cells, w_out, b_out = (torch.from_numpy(a) for a in first_weights())
    for k in range(LAYERS):
        w, u, b = cells[3 * k : 3 * k + 3]
        getattr(lstm, f"weight_ih_l{k}").data = w.T.contiguous()
        getattr(lstm, f"weight_hh_l{k}").data = u.T.contiguous()
        getattr(lstm, f"bias_ih_l{k}").data = b
        # PyTorch has a second bias, added to the first; kept at zero, so that all train the same model.
        setattr(lstm, f"bias_hh_l{k}", torch.nn.Parameter(torch.zeros_like(b), requires_grad=False))
    linear.weight.data, linear.bias.data = w_out.T.contiguous(), b_out
    x, targets = torch.from_numpy(INPUTS), torch.from_numpy(TARGETS)
    parameters = [p for module in (lstm, linear) for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.RMSprop(parameters, lr=RATE, alpha=DECAY, eps=EPSILON)

    def step() -> Any:
        optimizer.zero_grad()
        outputs, _ = lstm(x)
        loss = torch.nn.functional.cross_entropy(linear(outputs).flatten(0, 1), targets)
        loss.backward()
        optimizer.step()
        return loss

    return step


def jax_scan() -> Step:
    np_, jnn = jax.numpy, jax.nn
    x, targets = np_.asarray(INPUTS), np_.asarray(TARGETS)
    state = [(np_.asarray(a), np_.zeros_like(a)) for a in first_weights()]

    def layer(sequence: Any, w: Any, u: Any, b: Any) -> Any:
        def cell(carry: Any, x: Any) -> Any:
            h, c = carry
            i, f, g, o = np_.split(x + h @ u, 4, axis=1)
            c = jnn.sigmoid(f) * c + jnn.sigmoid(i) * np_.tanh(g)
            h = jnn.sigmoid(o) * np_.tanh(c)
            return (h, c), h

        zeros = np_.zeros((BATCH, HIDDEN), np_.float32)
        return jax.lax.scan(cell, (zeros, zeros), sequence @ w + b)[1]

    def loss_of(parameters: Any, x: Any, targets: Any) -> Any:
        *cells, w_out, b_out = parameters
        for k in range(LAYERS):
            x = layer(x, *cells[3 * k : 3 * k + 3])
        logits = jnn.log_softmax((x @ w_out + b_out).reshape(-1, SYMBOLS))
        return -logits[np_.arange(targets.size), targets].mean()

    def rmsprop(p: Any, s: Any, g: Any) -> Any:
        s = DECAY * s + (1 - DECAY) * g * g
        return p - RATE * g / (np_.sqrt(s) + EPSILON), s

    @jax.jit
    def update(state: Any, x: Any, targets: Any) -> Any:
        parameters = [p for p, _ in state]
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, targets)
        return loss, [rmsprop(p, s, g) for (p, s), g in zip(state, gradients, strict=True)]

    def step() -> Any:
        nonlocal state
        loss, state = jax.block_until_ready(update(state, x, targets))
        return loss

    return step


ROWS = (
    Row(
        "lstm",
        f"LSTM {LAYERS}×{HIDDEN}, {TIME} characters, batch {BATCH}, {SYMBOLS} symbols, float32: one step of RMSprop",
        {"autodiff": autodiff, "autodiff jit": autodiff_jit, "PyTorch": pytorch, "JAX jit": jax_scan},
        (jit(0.95, "PyTorch"),),
        rtol=1e-4,
    ),
)
