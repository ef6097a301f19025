package audit

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A listing is a list that a service which speaks JSON gives page by page.
type listing struct {
	service   *wireService
	operation Operation
	in        map[string]any // parameters
	token     string         // the parameter for the token of a page
}

// listJSON asks a listing to its end. take reads a page, whose form is T, and says the
// token of the next one and how many items there were; a page may come twice.
func listJSON[T any](ctx context.Context, r *regionRun, l listing, take func(page *T) (next string, items int, err error)) *Gap {
	return r.askPages(ctx, r.c, l.operation, "", func(ctx context.Context, token *string) (*string, int, error) {
		in := maps.Clone(l.in)
		if token != nil {
			in[l.token] = *token
		}
		page := new(T)
		if err := r.c.askJSON(ctx, l.service, l.operation, in, page); err != nil {
			return nil, 0, err
		}
		next, items, err := take(page)
		return aws.String(next), items, err
	})
}

// inBatches runs f for every n names of a set, sorted, several at a time.
func (r *regionRun) inBatches(names map[string]bool, n int, f func(batch []string)) {
	each(r.workers(), slices.Collect(slices.Chunk(slices.Sorted(maps.Keys(names)), n)), f)
}

// arn is the ARN of a resource of the region, for services that name their
// resources otherwise.
func (r *regionRun) arn(service, resource string) string {
	return "arn:" + r.c.partition + ":" + service + ":" + r.c.region + ":" + r.c.cell.account + ":" + resource
}
