package fakeaws

import (
	"bytes"
	"compress/gzip"
	"fmt"
)

// Expose adds to a region one resource with a planted credential for each place that
// is searched for one, and returns how many credentials there are.
func Expose(cloud *Cloud, g *Region) int {
	n := 0
	plant := func() string {
		n++
		return cloud.Plant(fmt.Sprint(g.Name, n))
	}
	g.Functions = append(g.Functions, &Function{Name: "exposed", ARN: g.ARN("lambda", "function:exposed"), Description: "password=" + plant(),
		Environment: map[string]string{"DB_PASSWORD": plant(), "DATABASE_URL": "postgres://app:" + plant() + "@db.internal/app"}})
	g.Parameters = []*Parameter{
		{Name: "/db/password", Type: "String", Value: plant(), Description: "password: " + plant()},
		{Name: "/db/list", Type: "StringList", Value: "a,password=" + plant()},
		{Name: "/db/file/password", Type: "String", Value: plant() + "\n"}, // put-parameter --value file://
		{Name: "/db/below/password", Type: "String", Value: "\r\n" + plant() + "\r\n"},
		{Name: "/db/key", Type: "SecureString", KeyID: "alias/aws/ssm"},
	}
	g.Documents = []*Document{{Name: "doc", Content: "mainSteps:\n- export PGPASSWORD=" + plant() + "\n"}}
	s := &Secret{Name: "exposed", ARN: g.ARN("secretsmanager", "secret:exposed-AbCdEf"), Description: "the password is password=" + plant(),
		Tags: []Tag{{Key: "note", Value: "postgres://app:" + plant() + "@db.internal/app"}},
		Policy: `{"Version":"2012-10-17","Statement":[{"Sid":"password=` + plant() + `","Effect":"Deny","Principal":"*","Action":"*","Resource":"*",` +
			`"Condition":{"StringEquals":{"aws:PrincipalTag/password":"` + plant() + `","aws:RequestTag/db-password":["prod","` + plant() + `"],` +
			`"aws:RequestTag/api-p\u0061ssword":"` + plant() + `"}}}]}`}
	g.Secrets = append(g.Secrets, s)
	exposeCompute(g, plant)
	exposeWorkflows(g, plant)
	return n
}

// exposeCompute does so for task definitions, builds and user data.
func exposeCompute(g *Region, plant func() string) {
	g.Tasks = []*TaskDefinition{
		{Family: "old", Revision: 9, Containers: []Container{{Name: "c"}}},
		{Family: "old", Revision: 10, Containers: []Container{{Name: "c", Environment: []Tag{{Key: "API_SECRET", Value: plant()}},
			Command: []string{"run", "--password", plant()}, Labels: map[string]string{"db.password": plant()}, LogOptions: map[string]string{"splunk-token": plant()}}}},
	}
	g.Projects = []*Project{{Name: "p", Location: "https://ci:" + plant() + "@git.internal/p.git", Buildspec: "version: 0.2\nenv:\n  variables:\n    DB_PASSWORD: " + plant() + "\n",
		Environment: []ProjectVariable{{Name: "DEPLOY_PASSWORD", Value: plant(), Type: "PLAINTEXT"}, {Name: "OTHER_PASSWORD", Value: "prod/x", Type: "SECRETS_MANAGER"}}}}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprintf(w, "#!/bin/sh\nexport DB_PASSWORD=%s\n", plant())
	w.Close()
	g.Instances = []*Instance{{ID: "i-1", State: "running", UserData: packed.String()}, {ID: "i-2", State: "terminated"}, {ID: "i-3", State: "stopped"}}
	g.Templates = []*LaunchTemplate{{ID: "lt-1", Name: "t", Default: 1, UserData: []string{
		"export DB_PASSWORD=" + plant() + "\n", "#!/bin/sh\n", "#!/bin/sh\ncurl -u app:" + plant() + " https://repo.internal/x\n",
	}}}
}

// exposeWorkflows does so for stacks, state machines, APIs and Glue.
func exposeWorkflows(g *Region, plant func() string) {
	g.Stacks = []*Stack{
		{Name: "s", ID: g.ARN("cloudformation", "stack/s/1"), Status: "CREATE_COMPLETE", Description: "password=" + plant(),
			Parameters: []Tag{{Key: "DbPassword", Value: plant()}, {Key: "Hidden", Value: "****"}}, Outputs: []Tag{{Key: "ApiSecret", Value: plant()}},
			Tags: []Tag{{Key: "db-password", Value: plant()}}, Template: `{"Resources":{"D":{"Properties":{"MasterUserPassword":"` + plant() + `"}}}}`},
		{Name: "new", ID: g.ARN("cloudformation", "stack/new/1"), Status: "REVIEW_IN_PROGRESS"},
	}
	g.Machines = []*StateMachine{{Name: "m", Definition: `{"States":{"S":{"Parameters":{"password":"` + plant() + `"}}}}`}}
	g.RESTAPIs = []*API{{ID: "rest", Name: "r", Stages: []Stage{{Name: "a"}, {Name: "b", Variables: map[string]string{"db_password": plant()}, Canary: map[string]string{"db_password": plant()}}}}}
	g.HTTPAPIs = []*API{{ID: "http", Name: "h", Stages: []Stage{{Name: "$default", Variables: map[string]string{"db_password": plant()}}}}}
	g.Jobs = []*Job{{Name: "j", Arguments: map[string]string{"--db_password": plant()}}}
	g.Connections = []*Connection{{Name: "c", Properties: map[string]string{"JDBC_CONNECTION_URL": "jdbc:postgresql://db.internal/app?user=app&password=" + plant()}}}
}
