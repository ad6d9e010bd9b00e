# espat_tools: the command `espat` on a PC, and the pytest plugin of the simulated module.
# Imports nothing: each command loads what it needs.
