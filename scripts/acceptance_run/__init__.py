"""The acceptance run that `make acceptance` starts; see scripts/acceptance."""
