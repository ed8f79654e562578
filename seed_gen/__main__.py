"""`python -m seed_gen` is `seed-gen`."""

from seed_gen.cli import main

if __name__ == "__main__":
    main()
