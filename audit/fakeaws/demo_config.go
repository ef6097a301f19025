package fakeaws

// layConfiguration makes what holds configuration in the home region: some of it
// as it should be, and one credential in plain sight for each check.
func (d *demo) layConfiguration() {
	d.layLambdas()
	d.layParameters()
	d.layBuilds()
	d.layInstances()
	d.layWorkflows()
}

// layLambdas makes functions that do not rotate.
func (d *demo) layLambdas() {
	secret := d.home.ARN("secretsmanager", "secret:prod/billing/postgres-abc123")
	good, bad := rotator(d.home, "invoices", d.now), rotator(d.home, "newsletter", d.now)
	good.Environment = map[string]string{"LOG_LEVEL": "info", "DB_SECRET_ARN": secret}
	good.KMSKeyARN = d.keys["main"].ARN
	bad.Environment = map[string]string{"LOG_LEVEL": "debug", "DB_PASSWORD": d.cloud.Plant("newsletter")} // SM-ENV-01
	d.home.Functions = append(d.home.Functions, good, bad)
}

// layParameters makes parameters and documents of Systems Manager.
func (d *demo) layParameters() {
	d.home.Parameters = []*Parameter{
		{Name: "/prod/web/log-level", Type: "String", Value: "info"},
		{Name: "/prod/orders/db/password", Type: "String", Value: d.cloud.Plant("orders")}, // SM-SSM-01
		{Name: "/prod/billing/db/password", Type: "SecureString", KeyID: "alias/aws/ssm"},  // SM-SSM-01, low
		{Name: "/prod/feeds/token", Type: "SecureString", KeyID: d.keys["main"].ARN},
	}
	d.home.Documents = []*Document{
		{Name: "restart-web", Content: "schemaVersion: '2.2'\nmainSteps:\n- action: aws:runShellScript\n  name: restart\n"},
		{Name: "load-warehouse", Content: "schemaVersion: '2.2'\nmainSteps:\n- action: aws:runShellScript\n  inputs:\n    runCommand:\n" +
			"    - export PGPASSWORD=" + d.cloud.Plant("warehouse") + "\n    - psql -f load.sql\n"}, // SM-SSM-02
	}
}

// layBuilds makes task definitions of ECS, of which one was mended in its last
// revision, and projects of CodeBuild.
func (d *demo) layBuilds() {
	secret := d.home.ARN("secretsmanager", "secret:prod/shop/api-abc123")
	old := d.cloud.Plant("shop, before")
	d.home.Tasks = []*TaskDefinition{
		{Family: "shop", Revision: 9, Containers: []Container{{Name: "app", Environment: []Tag{{"API_SECRET", old}}}}},
		{Family: "shop", Revision: 10, Containers: []Container{{Name: "app", Environment: []Tag{{"PORT", "8080"}}, Secrets: []Tag{{"API_SECRET", secret}}}}},
		{Family: "mailer", Revision: 3, Containers: []Container{{Name: "app", Environment: []Tag{{"SMTP_PASSWORD", d.cloud.Plant("mailer")}}}}}, // SM-ENV-02
	}
	d.home.Projects = []*Project{
		{Name: "shop", Location: "https://github.com/acme/shop.git", Environment: []ProjectVariable{{"NPM_TOKEN", "prod/build/packages", "SECRETS_MANAGER"}}},
		{Name: "mailer", Location: "https://github.com/acme/mailer.git", Environment: []ProjectVariable{{"DEPLOY_PASSWORD", d.cloud.Plant("deploy"), "PLAINTEXT"}}}, // SM-ENV-03
	}
}

// layInstances makes an instance that reads its credential when it starts, and a
// launch template whose default version holds one still.
func (d *demo) layInstances() {
	d.home.Instances = []*Instance{
		{ID: "i-0a11", State: "running", UserData: "#!/bin/sh\naws secretsmanager get-secret-value --secret-id prod/web/cookies > /run/cookies\n"},
		{ID: "i-0b22", State: "terminated"},
	}
	d.home.Templates = []*LaunchTemplate{{ID: "lt-0c33", Name: "workers", Default: 1, UserData: []string{
		"#!/bin/sh\nexport RABBITMQ_PASSWORD=" + d.cloud.Plant("workers") + "\n/opt/worker\n", // SM-ENV-04
		"#!/bin/sh\n/opt/worker --secret prod/queue/rabbitmq\n",
	}}}
}

// layWorkflows makes a stack, a workflow, APIs and a job, of which one of each two has
// a credential in plain sight (SM-ENV-05).
func (d *demo) layWorkflows() {
	template := "Resources:\n  Database:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: '{{resolve:secretsmanager:prod/billing/postgres:SecretString:password}}'\n"
	d.home.Stacks = []*Stack{
		{Name: "billing", ID: d.home.ARN("cloudformation", "stack/billing/4f1c"), Status: "UPDATE_COMPLETE", Parameters: []Tag{{"DatabasePassword", "****"}},
			Template: template},
		{Name: "reports", ID: d.home.ARN("cloudformation", "stack/reports/9a2e"), Status: "CREATE_COMPLETE", Template: "Resources: {}\n",
			Outputs: []Tag{{"DatabaseHost", "db.internal"}, {"DatabasePassword", d.cloud.Plant("reports")}}},
	}
	d.home.Machines = []*StateMachine{
		{Name: "invoicing", Definition: `{"StartAt":"Send","States":{"Send":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`},
	}
	d.home.RESTAPIs = []*API{{ID: "a1b2c3d4e5", Name: "partners", Stages: []Stage{{Name: "prod", Variables: map[string]string{"backend": "partners.internal"}}}}}
	d.home.HTTPAPIs = []*API{{ID: "f6g7h8i9j0", Name: "feeds", Stages: []Stage{{Name: "$default", Variables: map[string]string{"feedPassword": d.cloud.Plant("feeds")}}}}}
	d.home.Jobs = []*Job{{Name: "load-sales", Arguments: map[string]string{"--job-language": "python", "--secret": "prod/warehouse/loader"}}}
	d.home.Connections = []*Connection{{Name: "warehouse", Properties: map[string]string{"JDBC_CONNECTION_URL": "jdbc:redshift://warehouse.internal:5439/dev", "SECRET_ID": "prod/warehouse/loader"}}}
}
