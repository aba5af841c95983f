"""Tests of the emulator's repairs and checks, without a server. From the project's folder, with PYTHONPATH=scripts:

.dev/venv/bin/python -m unittest discover --start-directory scripts/emulator/tests --top-level-directory scripts
"""
