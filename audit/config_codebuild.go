package audit

import "context"

// A projectPage is a page of CodeBuild's ListProjects.
type projectPage struct {
	Projects  []string
	NextToken string
}

// collectProjects searches the projects of CodeBuild.
func (r *regionRun) collectProjects(ctx context.Context) {
	if !r.asks(ListProjects) {
		return
	}
	names := map[string]bool{}
	l := listing{wireCodeBuild, ListProjects, map[string]any{"sortBy": "NAME"}, "nextToken"}
	r.saveGap(listJSON(ctx, r, l, func(page *projectPage) (string, int, error) {
		if page.Projects == nil {
			return "", 0, lacks("projects")
		}
		for _, name := range page.Projects {
			names[name] = true
		}
		return page.NextToken, len(page.Projects), nil
	}))
	r.inBatches(names, 20, func(batch []string) { r.projects(ctx, batch) })
}

// A project is what BatchGetProjects says of one.
type project struct {
	Name, ARN, Description string
	Environment            struct {
		EnvironmentVariables []struct{ Name, Value, Type string }
	}
	Source           projectSource
	SecondarySources []projectSource
}

type projectSource struct{ Location, Buildspec string }

// projects asks about at most twenty projects: each may have a long build specification.
func (r *regionRun) projects(ctx context.Context, names []string) {
	if !r.asks(BatchGetProjects) {
		return
	}
	found := map[string]*project{}
	gap := r.ask(ctx, r.c, BatchGetProjects, "", func(ctx context.Context) error {
		var out struct{ Projects []*project }
		if err := r.c.askJSON(ctx, wireCodeBuild, BatchGetProjects, map[string]any{"names": names}, &out); err != nil {
			return err
		}
		if out.Projects == nil {
			return lacks("projects")
		}
		for _, p := range out.Projects {
			if p != nil {
				found[p.Name] = p
			}
		}
		return nil
	})
	for _, name := range names {
		read := r.configuration(kindProject, r.arn("codebuild", "project/"+name), name)
		switch {
		case gap != nil:
			one := *gap
			read.missing(&one)
		case found[name] == nil:
			read.missing(r.c.gap(BatchGetProjects, read.arn, Vanished, "the project was listed and cannot be found"))
		default:
			read.project(found[name])
		}
		read.save()
	}
}

// project searches one project. Variables that name a parameter or a secret hold no
// credential.
func (c *configReader) project(p *project) {
	c.text("description", p.Description)
	for _, v := range p.Environment.EnvironmentVariables {
		if v.Type == "" || v.Type == "PLAINTEXT" {
			c.value("environment", v.Name, v.Value)
		}
	}
	for _, s := range append([]projectSource{p.Source}, p.SecondarySources...) {
		c.text("source/location", s.Location)
		c.text("source/buildspec", s.Buildspec)
	}
}
