"""The table of all public nodes, one row each: how to draw it with its inputs, and its reference.

The property tests run over ROWS; a public node without a row fails the suite. `cases` says what a
row is.
"""

from tests import rows_activations, rows_layers, rows_losses, rows_nets, rows_optimizers

ROWS = rows_activations.ROWS | rows_nets.ROWS | rows_layers.ROWS
ROWS |= rows_losses.ROWS | rows_optimizers.ROWS
