"""The same sources on two platforms of Prevision.io, in one program."""

import pulumi
import pulumi_previsionio as previsionio

config = pulumi.Config()

for name in ("first", "second"):
    platform = previsionio.Provider(
        name,
        url=config.require(f"{name}Url"),
        token=config.require_secret(f"{name}Token"),
        project_id=config.require(f"{name}Project"),
    )
    # What was made there by hand is used as it is; everything below the component is on the same platform.
    by_hand = previsionio.get_connector("files", provider=platform)
    contacts = previsionio.Datasource(
        f"{name}-contacts",
        connector=by_hand,
        path="/customers.csv",
        name="contacts",
        opts=pulumi.ResourceOptions(provider=platform),
    )
    source = previsionio.SQLSource(
        f"{name}-crm",
        host=config.require("host"),
        port=config.require_int("port"),
        username=config.require("username"),
        password=config.require_secret("password"),
        database="crm",
        tables=["customers"],
        name="crm",
        opts=pulumi.ResourceOptions(providers=[platform]),
    )
    pulumi.export(name, {"crm": source.connector.id, "contacts": contacts.id})
