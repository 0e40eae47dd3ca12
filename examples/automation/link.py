"""Links a customer's database to Prevision.io, or takes the link away: a stack for each customer, run from Python.

python link.py NAME          links the database of that customer; run again, it changes what differs
python link.py NAME --undo   takes the link away
"""

import argparse
import os
import pathlib
import sys

import pulumi
import pulumi.automation as automation
import pulumi_previsionio as previsionio


def link() -> None:
    """The Pulumi program: what one customer gets. In a service of yours, its inputs come from a request."""
    source = previsionio.SQLSource(
        pulumi.get_stack(),
        host=os.environ["CRM_HOST"],
        port=int(os.environ["CRM_PORT"]),
        username=os.environ["CRM_USERNAME"],
        password=previsionio.from_env("CRM_PASSWORD"),  # read when it is sent, and kept in no state
        database="crm",
        tables=["customers", "orders"],
    )
    pulumi.export("connectorId", source.connector.id)


def main() -> None:
    parser = argparse.ArgumentParser(description="Links a customer's database to Prevision.io.")
    parser.add_argument("customer")
    parser.add_argument("--undo", action="store_true")
    arguments = parser.parse_args()

    stack = automation.create_or_select_stack(
        arguments.customer,
        project_name="previsionio-automation",
        program=link,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(pathlib.Path(__file__).parent),
            env_vars={"PULUMI_PYTHON_CMD": sys.executable},  # the provider runs where this script runs
        ),
    )
    if arguments.undo:
        stack.destroy(remove=True, on_output=print)
    else:
        print("connector", stack.up(on_output=print).outputs["connectorId"].value)


if __name__ == "__main__":
    main()
