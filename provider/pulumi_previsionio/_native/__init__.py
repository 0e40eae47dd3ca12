"""The plugin `pulumi-resource-previsionio`: Pulumi's provider protocol, for programs in every language.

A second door to the same core, beside `_dynamic`: it adds nothing for any kind of object.
"""
