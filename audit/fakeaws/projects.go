package fakeaws

import "slices"

func listProjects(x *call) error {
	from, to, next, err := x.page(x.in.NextToken, x.in.MaxResults, 100, len(x.region.Projects)) // only a fault asks for shorter ones
	if err != nil {
		return err
	}
	names := []string{}
	for _, p := range x.region.Projects[from:to] {
		names = append(names, p.Name)
	}
	x.item(nil, func() {
		x.texts("projects", names)
		x.text("nextToken", next)
	})
	return nil
}

func batchGetProjects(x *call) error {
	if len(x.in.Names) == 0 || len(x.in.Names) > 100 {
		return badParameter(x.Service, "Invalid project names: at most 100")
	}
	unknown := []string{}
	x.item(nil, func() {
		x.list("projects", func() {
			for _, name := range x.in.Names {
				i := slices.IndexFunc(x.region.Projects, func(p *Project) bool { return p.Name == name })
				if i < 0 {
					unknown = append(unknown, name)
					continue
				}
				x.item(nil, func() { x.project(x.region.Projects[i]) })
			}
		})
		x.texts("projectsNotFound", unknown)
	})
	return nil
}

func (x *call) project(p *Project) {
	x.text("name", p.Name)
	x.text("arn", x.region.ARN("codebuild", "project/"+p.Name))
	x.object("source", func() {
		x.text("type", "GITHUB")
		x.text("location", p.Location)
		x.text("buildspec", p.Buildspec)
	})
	x.object("environment", func() {
		x.text("type", "LINUX_CONTAINER")
		x.list("environmentVariables", func() {
			for _, v := range p.Environment {
				x.item(nil, func() {
					x.text("name", v.Name)
					x.text("value", v.Value)
					x.text("type", v.Type)
				})
			}
		})
	})
}
