"""The command `pulumi-previsionio`: take over what exists, find what no stack holds, check the surroundings.

`main` is the command line; `export`, `adopt`, `orphans` and `doctor` each do one thing for it. Programs never import
this package.
"""
