"""Training without `fit`: the objects by themselves, one verb four times, as the notes' nn_model.

python docs/examples/by_hand.py
"""

import numpy as np

import tinynet as tn

X, Y = tn.data.planar()
small, draws = tn.Normal(0.01), np.random.RandomState(3)
hidden = tn.Dense(4, tn.tanh, initializer=small).build(2, seed=draws)
output = tn.Dense(1, tn.sigmoid, initializer=small).build(4, seed=draws)
loss, optimizer = tn.BinaryCrossEntropy(), tn.SGD(learning_rate=1.2)

params = {"W1": hidden.W, "b1": hidden.b, "W2": output.W, "b2": output.b}  # the layers' own arrays
for i in range(2001):
    A2 = output.forward(hidden.forward(X))  # forward_propagation
    J = loss.forward(A2, Y)  # compute_cost
    hidden.backward(output.backward(loss.backward()))  # backward_propagation
    grads = {"W1": hidden.dW, "b1": hidden.db, "W2": output.dW, "b2": output.db}
    optimizer.forward(params, grads)  # update_parameters, in place
    if i % 1000 == 0:
        print(f"Cost after iteration {i}: {J:f}")

right = np.mean((output(hidden(X)) > 0.5) == Y)
print(f"accuracy {right:.2%}")
assert round(J, 6) == 0.239334, J
