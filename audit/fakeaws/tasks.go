package fakeaws

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
)

func (x *call) taskARN(t *TaskDefinition) string {
	return x.region.ARN("ecs", "task-definition/"+t.Family+":"+strconv.Itoa(t.Revision))
}

// listTaskDefinitions lists revisions by family and number, in either order.
func listTaskDefinitions(x *call) error {
	all := slices.Clone(x.region.Tasks)
	slices.SortFunc(all, func(a, b *TaskDefinition) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Revision, b.Revision))
	})
	if x.in.Sort == "DESC" {
		slices.Reverse(all)
	}
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 100, len(all))
	if err != nil {
		return err
	}
	arns := []string{}
	for _, t := range all[from:to] {
		arns = append(arns, x.taskARN(t))
	}
	x.item(nil, func() {
		x.texts("taskDefinitionArns", arns)
		x.text("nextToken", next)
	})
	return nil
}

func describeTaskDefinition(x *call) error {
	for _, t := range x.region.Tasks {
		if x.taskARN(t) == x.in.TaskDefinition {
			x.item(nil, func() {
				x.object("taskDefinition", func() {
					x.text("taskDefinitionArn", x.taskARN(t))
					x.text("family", t.Family)
					x.text("status", "ACTIVE")
					x.list("containerDefinitions", func() {
						for i := range t.Containers {
							x.item(nil, func() { x.container(&t.Containers[i]) })
						}
					})
				})
			})
			return nil
		}
	}
	return &apiError{http.StatusBadRequest, "ClientException", "Unable to describe task definition."}
}

func (x *call) container(c *Container) {
	x.text("name", c.Name)
	x.list("environment", func() {
		for _, e := range c.Environment {
			x.item(nil, func() {
				x.text("name", e.Key)
				x.text("value", e.Value)
			})
		}
	})
	x.list("secrets", func() {
		for _, s := range c.Secrets {
			x.item(nil, func() {
				x.text("name", s.Key)
				x.text("valueFrom", s.Value)
			})
		}
	})
	x.texts("command", c.Command)
	x.textMap("dockerLabels", c.Labels)
	x.object("logConfiguration", func() {
		x.text("logDriver", "awslogs")
		x.textMap("options", c.LogOptions)
	})
}
