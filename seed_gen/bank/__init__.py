"""The bank's customers, accounts, devices and beneficiaries, and how they live."""
