package audit

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// collectLambdas searches the environment variables and the descriptions of the
// functions of Lambda, in the version that is edited.
func (r *regionRun) collectLambdas(ctx context.Context) {
	if !r.asks(ListFunctions) {
		return
	}
	found := map[string]*configReader{}
	r.saveGap(r.askPages(ctx, r.c, ListFunctions, "", func(ctx context.Context, marker *string) (*string, int, error) {
		query := url.Values{"MaxItems": {"50"}}
		if marker != nil {
			query.Set("Marker", *marker)
		}
		var out struct {
			Functions  []functionConfiguration
			NextMarker *string
		}
		if err := r.c.askREST(ctx, wireLambda, functionsPath, query, &out); err != nil {
			return nil, 0, err
		}
		if out.Functions == nil {
			return nil, 0, lacks("Functions")
		}
		for i := range out.Functions {
			arn := aws.ToString(out.Functions[i].FunctionARN)
			if arn == "" {
				return nil, 0, lacks("FunctionArn")
			}
			found[arn] = r.lambda(&out.Functions[i])
		}
		return out.NextMarker, len(out.Functions), nil
	}))
	saveAll(found)
}

// lambda searches one function.
func (r *regionRun) lambda(f *functionConfiguration) *configReader {
	read := r.configuration(kindFunction, *f.FunctionARN, f.FunctionName)
	read.record.KMSKeyID = r.texts.clean(f.KMSKeyARN)
	read.text("description", f.Description)
	read.values("environment", f.Environment.Variables)
	if e := f.Environment.Error; e != nil {
		read.missing(r.c.gap(ListFunctions, read.arn, Denied, "the variables cannot be decrypted: "+e.ErrorCode))
	}
	return read
}
