import torch

from benchmarks.cold import script


def train(net, loss, optimizer, X, Y, epochs, batch):
    """The cost of every step."""
    costs = []
    for _ in range(epochs):
        order = torch.randperm(len(X)).split(batch) if batch < len(X) else [slice(None)]
        for index in order:
            optimizer.zero_grad()
            J = loss(net(X[index]), Y[index])
            J.backward()
            optimizer.step()
            costs.append(J.item())
    return costs


def notes(X, labels):
    torch.manual_seed(0)
    X, Y = torch.from_numpy(X), torch.from_numpy(labels[:, None]).double()
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    net = net.double()
    sgd = torch.optim.SGD(net.parameters(), 1.2)
    train(net, torch.nn.BCEWithLogitsLoss(), sgd, X, Y, 10_000, len(X))
    with torch.inference_mode():
        return (net(X) > 0).numpy().ravel()


def digits(X, labels):
    torch.manual_seed(0)
    X, Y = torch.from_numpy(X), torch.from_numpy(labels)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    adam = torch.optim.Adam(net.parameters(), 0.001)
    train(net, torch.nn.CrossEntropyLoss(), adam, X, Y, 30, 32)
    with torch.inference_mode():
        return net(X).argmax(dim=1).numpy()


if __name__ == "__main__":
    script.main(notes, digits)
