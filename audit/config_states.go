package audit

import "context"

// A machinePage is a page of ListStateMachines.
type machinePage struct {
	StateMachines []struct {
		ARN  string `json:"stateMachineArn"`
		Name string
	}
	NextToken string
}

// collectStateMachines searches the definitions of Step Functions' state machines.
func (r *regionRun) collectStateMachines(ctx context.Context) {
	if !r.asks(ListStateMachines) {
		return
	}
	names := map[string]string{}
	arns := map[string]bool{}
	l := listing{wireStates, ListStateMachines, map[string]any{"maxResults": 1000}, "nextToken"}
	r.saveGap(listJSON(ctx, r, l, func(page *machinePage) (string, int, error) {
		if page.StateMachines == nil {
			return "", 0, lacks("stateMachines")
		}
		for _, m := range page.StateMachines {
			if m.ARN == "" {
				return "", 0, lacks("stateMachineArn")
			}
			names[m.ARN], arns[m.ARN] = m.Name, true
		}
		return page.NextToken, len(page.StateMachines), nil
	}))
	r.inBatches(arns, 1, func(one []string) { r.stateMachine(ctx, one[0], names[one[0]]) })
}

func (r *regionRun) stateMachine(ctx context.Context, arn, name string) {
	read := r.configuration(kindStateMachine, arn, name)
	if r.asks(DescribeStateMachine) {
		read.missing(r.ask(ctx, r.c, DescribeStateMachine, arn, func(ctx context.Context) error {
			var out struct {
				Definition              *string
				Description             string
				EncryptionConfiguration struct{ KMSKeyID string }
			}
			if err := r.c.askJSON(ctx, wireStates, DescribeStateMachine, map[string]any{"stateMachineArn": arn}, &out); err != nil {
				return err
			}
			if out.Definition == nil {
				return lacks("definition")
			}
			read.record.KMSKeyID = r.texts.clean(out.EncryptionConfiguration.KMSKeyID)
			read.text("description", out.Description)
			read.text("definition", *out.Definition)
			return nil
		}))
	}
	read.save()
}
