// Command sdks writes the SDKs that `pulumi package add` makes for users, from a schema:
//
//	go run . SCHEMA FOLDER     writes FOLDER/nodejs and FOLDER/go
//
// `pulumi package gen-sdk` asks language hosts for them, which no registry has. The generators that those hosts call are
// in the same Go module as the engine.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(file, folder string) error {
	pkg, err := read(file)
	if err != nil {
		return err
	}
	files, err := nodejs.GeneratePackage("previsionio", pkg, nil, nil, false, nil)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(folder, "nodejs"), files); err != nil {
		return err
	}
	if files, err = gogen.GeneratePackage("previsionio", pkg, nil); err != nil {
		return err
	}
	return write(filepath.Join(folder, "go"), files)
}

// read checks the schema against Pulumi's own description of schemas; warnings count as well.
func read(file string) (*schema.Package, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if len(diagnostics) > 0 {
		return nil, diagnostics
	}
	return pkg, nil
}

func write(folder string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
