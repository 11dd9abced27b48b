"""Training without `fit`, one verb four times: the objects by themselves, as the notes' nn_model.

`node.forward(x)` gives a value and remembers what backward needs. `node.backward(dy)` takes the
gradient of J with respect to that value, and gives the one with respect to x. `node(x)` gives the
value only.

python docs/examples/by_hand.py
"""

import numpy as np

import tinynet as tn

X, Y = tn.data.planar()  # X (2, 400), one column an example; Y (1, 400) of 0 and 1

# layer_sizes: n_x = 2 inputs, n_h = 4 hidden units, n_y = 1 output.
# initialize_parameters: W = randn * 0.01 from the notes' seed, b = 0. Both layers draw from one
# generator, W1 first.
small, draws = tn.Normal(0.01), np.random.RandomState(3)
hidden = tn.Dense(4, tn.tanh, initializer=small).build(2, seed=draws)
output = tn.Dense(1, tn.sigmoid, initializer=small).build(4, seed=draws)
loss, optimizer = tn.BinaryCrossEntropy(), tn.SGD(learning_rate=1.2)

params = {"W1": hidden.W, "b1": hidden.b, "W2": output.W, "b2": output.b}  # the layers' own arrays
for i in range(2001):
    A2 = output.forward(hidden.forward(X))  # forward_propagation
    J = loss.forward(A2, Y)  # compute_cost
    # backward_propagation: the loss gives dA2, output turns it into dA1, hidden that into dX
    hidden.backward(output.backward(loss.backward()))
    grads = {"W1": hidden.dW, "b1": hidden.db, "W2": output.dW, "b2": output.db}
    optimizer.forward(params, grads)  # update_parameters; in place, so the layers change
    if i % 1000 == 0:
        print(f"Cost after iteration {i}: {J:f}")

right = np.mean((output(hidden(X)) > 0.5) == Y)  # predict: A2 > 0.5
print(f"accuracy {right:.2%}")
assert round(J, 6) == 0.239334, J
