import tinynet as tn


def net(data, start="glorot"):
    """`start` is where the hidden layer's W starts."""
    task, standardize = data["task"], data["variant"] == "raw"
    hidden = tn.Dense(32, tn.relu, initializer=start)
    if task == "regression":
        last = [tn.Dense(1)] + [tn.Standardize(invert=True)] * standardize
    elif task == "two":
        last = [tn.Dense(1, tn.sigmoid)]
    else:
        last = [tn.Dense(int(data["Y"].max()) + 1, tn.softmax)]
    layers = [tn.Standardize()] * standardize + [hidden, *last]
    return tn.Sequential(layers, seed=data["seed"], examples="rows")


def predicted(data, epochs, start="glorot"):
    model = net(data, start)
    model.compile()
    model.fit(data["X"], data["Y"], epochs=epochs, batch_size=32, verbose=0)
    if data["task"] == "regression":
        return model.predict(data["X_test"]).ravel()
    return model.predict_classes(data["X_test"])
