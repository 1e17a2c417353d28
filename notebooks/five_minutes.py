# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Five minutes with a Value
#
# A `Value` is a number that remembers how it was computed. Wrap what you want to differentiate; everything else stays
# plain Python and NumPy.

# %%
import numpy as np

import autodiff as ad
from autodiff import Value

x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.5, label="b")
product = x * w
total = product + b
out = np.tanh(total)
out

# %% [markdown]
# ## The graph
#
# Each operation is a node. The gradients say *not run*: nobody has asked for them yet. (Above, `out` printed
# `grad=0.0`, as in micrograd: a gradient that was not run reads as zero. Arrays print `grad=not run`, and pictures
# always say which.) The number on an edge is the local derivative: by how much the node to the right moves when the
# one to the left does.

# %%
ad.draw(out)

# %% [markdown]
# ## Backward
#
# `backward()` starts with 1 at the result and goes back through the graph. At each edge it multiplies what arrives by
# the local derivative. That is all there is to backpropagation.

# %%
out.backward()
ad.draw(out)

# %% [markdown]
# ## The gradient, read off the picture
#
# From `out` back to `x` there is one path, over three edges: through tanh, the sum and the product. Multiply the three
# local derivatives, and compare.

# %%
through_tanh = 1 - out.data**2
through_sum = 1.0
through_product = w.data
by_hand = through_tanh * through_sum * through_product
by_hand, x.grad

# %%
assert np.isclose(by_hand, x.grad)

# %% [markdown]
# ## Two paths add up
#
# When a value is used twice, what arrives over both ways is added.

# %%
a = Value(3.0, label="a")
square = a * a
square.backward()
ad.draw(square)

# %%
assert a.grad == 2 * 3.0

# %% [markdown]
# ## Is it true?
#
# Move `x` a little and look. `finite_difference` does it carefully, and says how far it can be trusted.

# %%
from autodiff.testing import finite_difference


def f(x):
    return np.tanh(x * w.data + b.data)


difference = finite_difference(f, 2.0)
difference.derivative, difference.error, x.grad

# %%
assert abs(float(difference.derivative) - x.grad) <= 10 * float(difference.error) + 1e-12

# %% [markdown]
# ## Arrays are no different
#
# One `Value` may hold a whole array. NumPy's arithmetic, elementwise functions, reductions, products, reshaping,
# indexing and most of the rest record on it; a function that is refused, as `np.histogram2d`, raises and names itself.

# %%
weights = Value(np.array([[0.5, -1.0], [2.0, 0.25]]), label="weights")
inputs = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
loss = (np.tanh(inputs @ weights) ** 2).mean()
loss.backward()
weights.grad

# %% [markdown]
# Between arrays, an edge says what is done to *g*, the gradient that comes from the right. `× a … b` multiplies it
# element by element, by numbers from a to b. `leftᵀ · g` is the matrix product with what stands to the left of `@`,
# here the inputs, transposed. `spread` gives each element the gradient of the sum it went into.
# [Reading a picture](../docs/pictures.md) explains the others.

# %%
ad.draw(loss)

# %% [markdown]
# A function instead of a `Value`? `ad.grad(f)` is the function that computes the gradient, and `ad.hessian(f)` the one
# that computes second derivatives, of the code as it stands.

# %%
ad.grad(f)(2.0), ad.hessian(f)(2.0)
