// A file on an FTP server as a data source of Prevision.io, in Go.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"pulumi-previsionio/sdk/go/previsionio"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		files, err := previsionio.NewFTPConnector(ctx, "files", &previsionio.FTPConnectorArgs{
			Host:     pulumi.String(settings.Require("ftpHost")),
			Port:     pulumi.Int(settings.RequireInt("ftpPort")),
			Username: pulumi.String(settings.Require("ftpUsername")),
			Password: settings.RequireSecret("ftpPassword"),
		})
		if err != nil {
			return err
		}
		customers, err := previsionio.NewDatasource(ctx, "customers", &previsionio.DatasourceArgs{
			ConnectorId: files.ID(),
			Path:        pulumi.String("/customers.csv"),
		})
		if err != nil {
			return err
		}
		// A password that no state holds: the provider reads it where it is sent.
		if _, err := previsionio.NewSQLConnector(ctx, "crm", &previsionio.SQLConnectorArgs{
			Host:           pulumi.String("crm.example.com"),
			Port:           pulumi.Int(5432),
			Username:       pulumi.String("reader"),
			Password:       previsionio.SecretReferenceArgs{FromEnv: pulumi.String("CRM_PASSWORD")},
			TestConnection: pulumi.Bool(false),
		}); err != nil {
			return err
		}
		project := previsionio.LookupProjectOutput(ctx, previsionio.LookupProjectOutputArgs{Id: customers.ProjectId})
		ctx.Export("datasourceId", customers.ID())
		ctx.Export("projectName", project.Name())
		return nil
	})
}
