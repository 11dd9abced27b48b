"""The nets as a user of torch writes them."""

import itertools

import numpy as np

from benchmarks.problems import (
    BATCHES,
    DECAY,
    DECAYING,
    DYING,
    SIZES,
    check_units,
    classes,
    parted,
    pixels,
    planar,
)


def torch_net(sizes, hidden, dtype):
    import torch

    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out, dtype=getattr(torch, dtype)), hidden()]
    return torch.nn.Sequential(*layers[:-1])


def torch_step(optimizer, loss, net, X, Y):
    optimizer.zero_grad()
    J = loss(net(X), Y)
    J.backward()
    optimizer.step()
    return J.item()


def torch_notes(dtype):
    import torch

    X, Y = (torch.from_numpy(a.T.copy()) for a in planar(dtype))
    net = torch_net((2, 4, 1), torch.nn.Tanh, dtype)
    loss, sgd = torch.nn.BCEWithLogitsLoss(), torch.optim.SGD(net.parameters(), 1.2)

    return lambda n: [torch_step(sgd, loss, net, X, Y) for _ in range(n)]


def torch_epochs(net, X, Y, batch, batches):
    import torch

    X, Y = torch.from_numpy(X), torch.from_numpy(Y)
    loss, adam = torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), 0.001)

    def steps(n):
        epochs = (torch.randperm(len(X)).split(batch) for _ in range(n // batches))
        return [
            torch_step(adam, loss, net, X[index], Y[index]) for order in epochs for index in order
        ]

    return steps


def torch_classes(size):
    import torch

    net = torch_net(SIZES[size], torch.nn.ReLU, "float32")
    return torch_epochs(net, *classes(size), *BATCHES[size])


def torch_kit(size):
    import torch

    n_x, n_h, n_y = SIZES[size]
    batch, batches = BATCHES[size]
    X, Y, X_held, Y_held = map(torch.from_numpy, parted(size))
    nn = torch.nn
    layers = (
        nn.Linear(n_x, n_h),
        nn.BatchNorm1d(n_h),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(n_h, n_y),
    )
    net, loss = nn.Sequential(*layers), nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(net.parameters(), 0.001)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, DECAYING)

    def step(index):
        optimizer.zero_grad()
        J = loss(net(X[index]), Y[index])
        J.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        return J.item()

    def epoch():
        net.train()
        costs = [step(index) for index in torch.randperm(len(X)).split(batch)]
        net.eval()
        with torch.inference_mode():
            return costs, loss(net(X_held), Y_held).item()

    return lambda n: [epoch() for _ in range(n // batches)]


def torch_pixels(raw):
    import torch

    X, Y = pixels(raw)
    net = torch_net(SIZES["middle"], torch.nn.ReLU, "float32")
    steps = torch_epochs(net, X, Y, *BATCHES["middle"])
    steps(DYING)
    check_units(raw, X, *(p.detach().numpy() for p in net[0].parameters()))
    steps(DECAY)
    return steps


def torch_predict(m):
    import torch

    net = torch_net((2, 4, 1), torch.nn.Tanh, "float64")
    X = torch.from_numpy(np.tile(planar("float64")[0], -(-m // 400))[:, :m].T.copy())

    def calls(n):
        with torch.inference_mode():
            return [torch.sigmoid(net(X)) for _ in range(n)]

    return calls
