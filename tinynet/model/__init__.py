"""The model: what users make of layers, train and use."""
