package fakeaws

// layIdentities makes the people and programs of production, and the organization
// of the three accounts.
func (d *demo) layIdentities() {
	a := d.production
	folder := func(name string) string { return "arn:aws:secretsmanager:*:" + a.ID + ":secret:" + name }
	reads := func(resource, condition string) []NamedPolicy {
		return []NamedPolicy{{"ReadSecrets", `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret"],"Resource":"` +
			resource + `"` + condition + `},{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}]}`}}
	}
	service := func(name string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + name + `"},"Action":"sts:AssumeRole"}]}`
	}
	a.Identities = []*Identity{
		{Kind: "user", Name: "dana", ID: "AIDADEMODANA", Created: d.ago(900), Groups: []string{"engineers"}, Keys: []AccessKey{{ID: "demo-1", Created: d.ago(420), Active: true}}},
		{Kind: "user", Name: "backup", ID: "AIDADEMOBACKUP", Created: d.ago(300), Keys: []AccessKey{{ID: "demo-2", Created: d.ago(200), Active: true}}},
		{Kind: "group", Name: "engineers", ID: "AGPADEMOENGINEERS", Policies: reads(folder("prod/*"), `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)},
		{Kind: "role", Name: "orders-service", ID: "AROADEMOORDERS", Created: d.ago(700), Trust: service("ecs-tasks.amazonaws.com"), Policies: reads(folder("prod/*"), "")},
		{Kind: "role", Name: "batch", ID: "AROADEMOBATCH", Created: d.ago(700), Trust: service("ec2.amazonaws.com"), Policies: reads(folder("prod/shipping/*"), "")},
		{Kind: "role", Name: "rotate", ID: "AROADEMOROTATE", Created: d.ago(700), Trust: service("lambda.amazonaws.com"), Policies: reads("*", `,"Condition":{"StringEquals":{"secretsmanager:resource/AllowRotationLambdaArn":"`+d.home.ARN("lambda", "function:rotate")+`"}}`)},
		{Kind: "role", Name: "dev-tools", ID: "AROADEMODEV", Created: d.ago(100), Tags: []Tag{{"Environment", "development"}}, Trust: service("ec2.amazonaws.com"), Policies: reads(folder("prod/feeds/*"), "")},
		{Kind: "role", Name: "contractor", ID: "AROADEMOCONTRACTOR", Created: d.ago(50), Boundary: a.ARN("iam", "", "policy/Contractors"), Trust: service("ec2.amazonaws.com"), Policies: reads("*", "")},
		{Kind: "role", Name: "admin", ID: "AROADEMOADMIN", Created: d.ago(800), Attached: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}, Trust: service("ec2.amazonaws.com")},
		{Kind: "role", Name: "ci", ID: "AROADEMOCI", Created: d.ago(800), Trust: service("codebuild.amazonaws.com")},
	}
	a.ManagedPolicies = []*ManagedPolicy{
		{ARN: "arn:aws:iam::aws:policy/AdministratorAccess", Name: "AdministratorAccess", Text: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
		{ARN: a.ARN("iam", "", "policy/Contractors"), Name: "Contractors", Text: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ecs:*"],"Resource":"*"}]}`},
	}
	o := &Organization{
		ID: "o-acme123456", Management: DemoSecurity, Members: Active(DemoSecurity, DemoProduction, DemoStaging),
		Parents:  map[string]string{DemoProduction: "ou-acme-workload", DemoStaging: "ou-acme-workload", "ou-acme-workload": "r-acme", DemoSecurity: "r-acme"},
		Policies: []ControlPolicy{{ID: "p-FullAWSAccess", Kind: "SERVICE_CONTROL_POLICY", Text: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, Targets: []string{"r-acme", "ou-acme-workload", DemoProduction, DemoStaging}}},
		Disabled: []string{"RESOURCE_CONTROL_POLICY"},
	}
	for _, m := range o.Members {
		d.cloud.Account(m.ID).Organization = o
	}
}
