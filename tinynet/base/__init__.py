"""What all other folders use: checks, settings, stable functions, the contract, the gradient
checker."""
