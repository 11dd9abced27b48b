"""What everything stands on: checks, stable functions, the contract, the gradient checker."""
