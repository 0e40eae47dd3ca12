"""`python -m pulumi_previsionio._cli`."""

from .main import main

if __name__ == "__main__":
    main()
