"""Stands for the stack that makes a database: it exports what others need to connect."""

import pulumi

config = pulumi.Config()

# In a stack that makes a database, these are outputs of its resources.
pulumi.export("host", config.require("host"))
pulumi.export("port", config.require_int("port"))
pulumi.export("username", config.require("username"))
pulumi.export("password", config.require_secret("password"))
