package audit

import (
	"context"
	"strconv"
	"strings"
)

// A taskPage is a page of ListTaskDefinitions.
type taskPage struct {
	TaskDefinitionArns []string
	NextToken          string
}

// collectTasks searches the latest active revision of each family of task
// definitions of ECS: there may be a million old ones.
func (r *regionRun) collectTasks(ctx context.Context) {
	if !r.asks(ListTaskDefinitions) {
		return
	}
	latest := map[string]int{} // by family, as an ARN
	l := listing{wireECS, ListTaskDefinitions, map[string]any{"status": "ACTIVE", "sort": "DESC", "maxResults": 100}, "nextToken"}
	r.saveGap(listJSON(ctx, r, l, func(page *taskPage) (string, int, error) {
		if page.TaskDefinitionArns == nil {
			return "", 0, lacks("taskDefinitionArns")
		}
		for _, arn := range page.TaskDefinitionArns {
			i := strings.LastIndexByte(arn, ':')
			revision, err := strconv.Atoi(arn[i+1:])
			if i < 0 || err != nil {
				return "", 0, &answerError{"a task definition has no revision"}
			}
			latest[arn[:i]] = max(latest[arn[:i]], revision)
		}
		return page.NextToken, len(page.TaskDefinitionArns), nil
	}))
	arns := map[string]bool{}
	for family, revision := range latest {
		arns[family+":"+strconv.Itoa(revision)] = true
	}
	r.inBatches(arns, 1, func(one []string) { r.task(ctx, one[0]) })
}

// A container is the part of a task definition into which people write.
type container struct {
	Name                string
	Environment         []struct{ Name, Value string }
	Command, EntryPoint []string
	DockerLabels        map[string]string
	LogConfiguration    struct{ Options map[string]string }
}

func (r *regionRun) task(ctx context.Context, arn string) {
	read := r.configuration(kindTask, arn, arn[strings.LastIndexByte(arn, '/')+1:])
	if r.asks(DescribeTaskDefinition) {
		read.missing(r.ask(ctx, r.c, DescribeTaskDefinition, arn, func(ctx context.Context) error {
			var out struct {
				TaskDefinition struct{ ContainerDefinitions []container }
			}
			if err := r.c.askJSON(ctx, wireECS, DescribeTaskDefinition, map[string]any{"taskDefinition": arn}, &out); err != nil {
				return err
			}
			if out.TaskDefinition.ContainerDefinitions == nil {
				return lacks("containerDefinitions")
			}
			for _, c := range out.TaskDefinition.ContainerDefinitions {
				read.container(c)
			}
			return nil
		}))
	}
	read.save()
}

func (c *configReader) container(found container) {
	at := "containers/" + found.Name
	for _, e := range found.Environment {
		c.value(at+"/environment", e.Name, e.Value)
	}
	c.text(at+"/command", strings.Join(found.Command, " "))
	c.text(at+"/entryPoint", strings.Join(found.EntryPoint, " "))
	c.values(at+"/dockerLabels", found.DockerLabels)
	c.values(at+"/logConfiguration/options", found.LogConfiguration.Options)
}
