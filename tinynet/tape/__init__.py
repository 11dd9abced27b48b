"""A computation recorded once and played many times. It knows no net."""
