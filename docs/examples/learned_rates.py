"""A learning rate that is learned: three fixed ones on the planar data, and the same three as the
start of a Hypergradient.

python docs/examples/learned_rates.py
python docs/examples/learned_rates.py picture.png   # draws it, too: needs matplotlib
"""

import sys

import tinynet as tn

EPOCHS = 2000
RATES = {1e-4: "tab:blue", 1e-3: "tab:orange", 1e-2: "tab:green"}

X, Y = tn.data.planar()
costs, learned = {}, {}


def train(optimizer, look):
    model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=1)
    model.compile(optimizer)
    seen = []
    if look:
        look = [tn.LambdaCallback(lambda *_: seen.append(model.optimizer.learning_rate))]
    history = model.fit(X, Y, EPOCHS, verbose=0, callbacks=look or [])
    return history.history["loss"], seen


print("                 fixed: last J     learned: last J and rate")
for rate in RATES:
    costs[rate, "fixed"], _ = train(tn.SGD(rate), look=False)
    optimizer = tn.Hypergradient(tn.SGD(rate), meta=tn.Adam(0.02))
    costs[rate, "learned"], learned[rate] = train(optimizer, look=True)
    fixed, own = costs[rate, "fixed"][-1], costs[rate, "learned"][-1]
    print(f"from {rate:<10g} {fixed:>15.4f} {own:>19.4f} {learned[rate][-1]:>8.2f}")
    assert own < 0.3 < fixed, (rate, own, fixed)

if sys.argv[1:]:
    figure, (left, right) = tn.plots.figure(2)
    for (rate, kind), J in costs.items():
        style = {"color": RATES[rate], "linestyle": "--" if kind == "fixed" else "-"}
        left.plot(range(1, EPOCHS + 1), J, label=f"{kind}, {rate:g}", **style)
    for rate, color in RATES.items():
        right.axhline(rate, color=color, linestyle="--")
        right.plot(range(1, EPOCHS + 1), learned[rate], color=color, label=f"from {rate:g}")
    left.set(title="planar, 2-4-1, SGD", xlabel="epoch", ylabel="cost J")
    right.set(title="its learning rate", xlabel="epoch", yscale="log")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", loc=(0.55, 0.15))
    figure.savefig(sys.argv[1], dpi=110)
