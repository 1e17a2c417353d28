import nn


def test_the_public_names():
    assert " ".join(sorted(nn.__all__)) == (
        "Adam Dropout History Layer Linear MLP Module Neuron Optimizer SGD Sequential accuracy cross_entropy fit hinge "
        "initializers mean_squared_error relu scalar sigmoid softmax squared_error tanh"
    )
    assert all(hasattr(nn, name) for name in nn.__all__)
