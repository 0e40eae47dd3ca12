// Command host writes programs in the language that it is named after, as `pulumi import` asks a language host for:
// `pulumi-language-python`, `pulumi-language-nodejs` or `pulumi-language-go`.
//
// The hosts that package registries have are from before that call. The generators behind it are in the same Go module
// as the engine. Programs that are written must be run by those hosts: this one runs none.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

type generator func(*pcl.Program) (map[string][]byte, hcl.Diagnostics, error)

var generators = map[string]generator{
	"python": python.GenerateProgram,
	"nodejs": nodejs.GenerateProgram,
	"go":     gogen.GenerateProgram,
}

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	generate generator
}

func main() {
	language := strings.TrimPrefix(filepath.Base(os.Args[0]), "pulumi-language-")
	if err := serve(generators[language]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(generate generator) error {
	if generate == nil {
		return fmt.Errorf("%s is named after no language", os.Args[0])
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(server *grpc.Server) error {
		pulumirpc.RegisterLanguageRuntimeServer(server, &host{generate: generate})
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

func (*host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

func (*host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) GenerateProgram(
	ctx context.Context, request *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	loader, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	parser := syntax.NewParser()
	for name, text := range request.Source {
		if err := parser.ParseFile(strings.NewReader(text), name); err != nil {
			return nil, err
		}
	}
	if parser.Diagnostics.HasErrors() {
		return answer(nil, parser.Diagnostics), nil
	}
	options := []pcl.BindOption{pcl.PreferOutputVersionedInvokes}
	if !request.Strict {
		options = append(options, pcl.NonStrictBindOptions()...)
	}
	program, diagnostics, err := pcl.BindProgramWithContext(ctx, parser.Files, schema.NewCachedLoader(loader), options...)
	if err != nil {
		return nil, err
	}
	if program == nil || diagnostics.HasErrors() {
		return answer(nil, diagnostics), nil
	}
	files, more, err := h.generate(program)
	if err != nil {
		return nil, err
	}
	return answer(files, append(diagnostics, more...)), nil
}

func answer(files map[string][]byte, diagnostics hcl.Diagnostics) *pulumirpc.GenerateProgramResponse {
	told := &pulumirpc.GenerateProgramResponse{Source: files}
	for _, each := range diagnostics {
		told.Diagnostics = append(told.Diagnostics, plugin.HclDiagnosticToRPCDiagnostic(each))
	}
	return told
}
