package audit

import "context"

// A jobPage is a page of Glue's GetJobs.
type jobPage struct {
	Jobs []struct {
		Name, Description                         string
		DefaultArguments, NonOverridableArguments map[string]string
	}
	NextToken string
}

// collectJobs searches the arguments of the jobs of Glue.
func (r *regionRun) collectJobs(ctx context.Context) {
	if !r.asks(GetJobs) {
		return
	}
	found := map[string]*configReader{} // a job on two pages counts once
	l := listing{wireGlue, GetJobs, map[string]any{"MaxResults": 50}, "NextToken"}
	r.saveGap(listJSON(ctx, r, l, func(page *jobPage) (string, int, error) {
		if page.Jobs == nil {
			return "", 0, lacks("Jobs")
		}
		for _, j := range page.Jobs {
			if j.Name == "" {
				return "", 0, lacks("Name")
			}
			read := r.configuration(kindJob, r.arn("glue", "job/"+j.Name), j.Name)
			read.text("description", j.Description)
			read.values("defaultArguments", j.DefaultArguments)
			read.values("nonOverridableArguments", j.NonOverridableArguments)
			found[j.Name] = read
		}
		return page.NextToken, len(page.Jobs), nil
	}))
	saveAll(found)
}

// A connectionPage is a page of Glue's GetConnections.
type connectionPage struct {
	ConnectionList []struct {
		Name, Description    string
		ConnectionProperties map[string]string
	}
	NextToken string
}

// collectConnections searches the properties of the connections of Glue, which it
// asks for without the password.
func (r *regionRun) collectConnections(ctx context.Context) {
	if !r.asks(GetConnections) {
		return
	}
	found := map[string]*configReader{}
	l := listing{wireGlue, GetConnections, map[string]any{"HidePassword": true, "MaxResults": 50}, "NextToken"}
	r.saveGap(listJSON(ctx, r, l, func(page *connectionPage) (string, int, error) {
		if page.ConnectionList == nil {
			return "", 0, lacks("ConnectionList")
		}
		for _, c := range page.ConnectionList {
			if c.Name == "" {
				return "", 0, lacks("Name")
			}
			read := r.configuration(kindConnection, r.arn("glue", "connection/"+c.Name), c.Name)
			read.text("description", c.Description)
			delete(c.ConnectionProperties, "PASSWORD") // nobody asked for it
			delete(c.ConnectionProperties, "ENCRYPTED_PASSWORD")
			read.values("connectionProperties", c.ConnectionProperties)
			found[c.Name] = read
		}
		return page.NextToken, len(page.ConnectionList), nil
	}))
	saveAll(found)
}
