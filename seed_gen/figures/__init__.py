"""The simulation's figures: how one is declared and checked, and those of the bank's world."""
