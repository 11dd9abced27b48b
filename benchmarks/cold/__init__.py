"""Scripts from their first line to a trained net, one for each library: run as
`python -m benchmarks.cold.in_torch notes data.npz`, with the data that `processes` makes."""
