"""The acceptance run of `make acceptance`: see scripts/acceptance."""
