module previsionio-go

go 1.25.11

require (
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
	pulumi-previsionio/sdk/go/previsionio v0.0.0
)

replace pulumi-previsionio/sdk/go/previsionio => ./sdks/previsionio
