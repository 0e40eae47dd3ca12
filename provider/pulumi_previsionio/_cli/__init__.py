"""The command `pulumi-previsionio`: take over what exists, show and test it, find what no stack holds, check the rest.

`main` is the command line; `export`, `adopt`, `status`, `orphans` and `doctor` each do one thing for it. Programs
never import this package.
"""
