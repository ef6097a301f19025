package audit

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/encoding/httpbinding"
)

// functionsPath is where Lambda has the functions.
const functionsPath = "2015-03-31/functions"

// functionPath is where a function has something.
func functionPath(arn, part string) string {
	return functionsPath + "/" + httpbinding.EscapePath(arn, true) + "/" + part
}

// A functionConfiguration is what Lambda says of a function.
type functionConfiguration struct {
	FunctionARN                                *string
	FunctionName, Description, KMSKeyARN, Role string
	State, StateReason, LastUpdateStatus       string
	Runtime                                    string
	Timeout                                    *int32 // in seconds
	VPCConfig                                  struct{ VPCID string }
	Environment                                struct {
		Variables map[string]string
		Error     *struct{ ErrorCode string }
	}
}

// collectFunctions asks about the functions that rotate the region's secrets.
func (r *regionRun) collectFunctions(ctx context.Context) {
	_, functions := r.mentions.list()
	if !r.asks(GetFunctionConfiguration) {
		return
	}
	vpcs := &vpcCache{known: map[string]*vpcAnswer{}}
	each(r.workers(), functions, func(arn string) {
		r.save(r.c.cell, r.function(ctx, vpcs, arn))
	})
}

// function asks about one function, in the region that its ARN names.
func (r *regionRun) function(ctx context.Context, vpcs *vpcCache, arn string) *Function {
	f := &Function{Type: "function", Account: r.c.cell.account, Region: r.c.region, ARN: arn}
	raw := r.mentions.raw(arn)
	c := r.callers.at(cmp.Or(arnRegion(raw), r.c.region))
	read := answer{texts: r.texts}
	gap := r.ask(ctx, c, GetFunctionConfiguration, raw, func(ctx context.Context) error {
		out := &functionConfiguration{}
		err := c.askREST(ctx, wireLambda, functionPath(raw, "configuration"), nil, out)
		if notFound(err) {
			f.NotFound = true
			return nil
		}
		if err != nil {
			return err
		}
		if out.FunctionARN == nil {
			return lacks("FunctionArn")
		}
		read.function(f, out)
		return nil
	})
	f.Gaps = addGap(f.Gaps, gap)
	if gap == nil && !f.NotFound {
		f.Gaps = addGap(f.Gaps, r.askFunctionPolicy(ctx, c, raw, f))
		f.Gaps = addGap(f.Gaps, r.askEndpoint(ctx, c, vpcs, f))
	}
	for i := range f.Gaps { // also of calls to another region, or about its VPC
		f.Gaps[i].Region, f.Gaps[i].Resource = r.c.region, arn
	}
	return f
}

func (a *answer) function(f *Function, o *functionConfiguration) {
	f.State, f.StateReason = a.clean(o.State), a.sentence(o.StateReason)
	f.LastUpdateStatus, f.Runtime = a.clean(o.LastUpdateStatus), a.clean(o.Runtime)
	f.TimeoutSeconds = o.Timeout
	f.Role = a.clean(o.Role)
	f.VPC = a.clean(o.VPCConfig.VPCID)
}

// arnRegion returns the region in an ARN, "" if it is none.
func arnRegion(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || !validRegion(parts[3]) {
		return ""
	}
	return parts[3]
}

func (r *regionRun) askFunctionPolicy(ctx context.Context, c *caller, arn string, f *Function) *Gap {
	if !r.asks(GetFunctionPolicy) {
		return nil
	}
	read := answer{texts: r.texts}
	gap := r.ask(ctx, c, GetFunctionPolicy, arn, func(ctx context.Context) error {
		var out struct{ Policy *string }
		if err := c.askREST(ctx, wireLambda, functionPath(arn, "policy"), nil, &out); err != nil {
			return unlessNotFound(err) // it has no policy
		}
		if out.Policy == nil {
			return lacks("Policy")
		}
		f.Policy, _ = read.document(out.Policy)
		return nil
	})
	return cmp.Or(gap, read.gap(c, GetFunctionPolicy, arn))
}

// askEndpoint asks whether the VPC of a function has an endpoint for Secrets
// Manager.
func (r *regionRun) askEndpoint(ctx context.Context, c *caller, vpcs *vpcCache, f *Function) *Gap {
	if f.VPC == "" || !r.asks(DescribeVpcEndpoints) {
		return nil
	}
	a := vpcs.at(c.region, f.VPC)
	a.once.Do(func() {
		a.gap = r.askPages(ctx, c, DescribeVpcEndpoints, f.VPC, func(ctx context.Context, token *string) (*string, int, error) {
			page, err := describeEndpoints(ctx, c, f.VPC, aws.ToString(token))
			if err != nil {
				return nil, 0, err
			}
			a.found = a.found || page.available()
			return &page.NextToken, len(page.Endpoints), nil
		})
	})
	if a.gap == nil || a.found {
		f.VPCEndpoint = &a.found
		return nil
	}
	return a.gap
}

// A vpcCache remembers which VPCs were asked about: functions share them.
type vpcCache struct {
	mu    sync.Mutex
	known map[string]*vpcAnswer
}

type vpcAnswer struct {
	once  sync.Once
	found bool
	gap   *Gap
}

func (v *vpcCache) at(region, vpc string) *vpcAnswer {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := region + "/" + vpc
	if v.known[id] == nil {
		v.known[id] = &vpcAnswer{}
	}
	return v.known[id]
}
