// A file on an FTP server as a data source of Prevision.io, in TypeScript.
import * as pulumi from "@pulumi/pulumi";
import * as previsionio from "@pulumi/previsionio";

const config = new pulumi.Config();

const files = new previsionio.FTPConnector("files", {
    host: config.require("ftpHost"),
    port: config.requireNumber("ftpPort"),
    username: config.require("ftpUsername"),
    password: config.requireSecret("ftpPassword"),
});
const customers = new previsionio.Datasource("customers", { connectorId: files.id, path: "/customers.csv" });

// A password that no state holds: the provider reads it where it is sent.
new previsionio.SQLConnector("crm", {
    host: "crm.example.com",
    port: 5432,
    username: "reader",
    password: { fromEnv: "CRM_PASSWORD" },
    testConnection: false,
});

export const datasourceId = customers.id;
export const projectName = previsionio.getProjectOutput({ id: customers.projectId }).name;
