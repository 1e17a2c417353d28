"""The libraries we stand beside, each None where it is not installed."""

import importlib
import shutil
from typing import Any


def _installed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


torch = _installed("torch")
jax = _installed("jax")
autograd = _installed("autograd")
mygrad = _installed("mygrad")
micrograd = _installed("micrograd.nn")
sklearn = _installed("sklearn.neural_network") and _installed("sklearn")
torch_compiles = torch is not None and shutil.which("g++") is not None

if torch is not None:
    torch.set_num_threads(1)
if jax is not None:
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)

# Column headings, in the order of the table. Ours come first.
OURS = ("autodiff", "autodiff jit")
PEERS = {
    "PyTorch": torch,
    "torch.compile": torch if torch_compiles else None,
    "JAX jit": jax,
    "autograd": autograd,
    "MyGrad": mygrad,
    "micrograd": micrograd,
    "scikit-learn": sklearn,
}
COLUMNS = (*OURS, "NumPy by hand", *PEERS)


def available(contestant: str) -> bool:
    """True if what the contestant needs is installed: ours and NumPy always, a peer if it imports."""
    return contestant not in PEERS or PEERS[contestant] is not None
