package fakeaws

import (
	"fmt"
	"strconv"
	"time"
)

// The accounts of Demo.
const (
	DemoSecurity   = "123456789012" // where the auditor works from
	DemoProduction = "444455556666"
	DemoStaging    = "777788889999"
)

// DemoRole is the role in production and staging that callers from the
// security account may assume, with DemoExternalID.
const (
	DemoRole       = "Auditor"
	DemoExternalID = "acme-audit"
)

// Demo lays down a small company: production in three regions with some sixty
// secrets, most of them well kept and each fault of the audit's checks in at
// least one; a staging account; ninety days of events. Call it before
// the cloud is served. It returns the production account.
func Demo(c *Cloud) *Account {
	d := &demo{cloud: c, now: c.Clock.Now(), production: c.Account(DemoProduction)}
	d.layDown()
	d.staging()
	return d.production
}

// demo is Demo at work.
type demo struct {
	cloud      *Cloud
	now        time.Time
	production *Account

	home, second, third *Region
	keys                map[string]*Key // by alias name, of the home region
}

// ago is a time some days before the story's now.
func (d *demo) ago(days float64) time.Time {
	return d.now.Add(-time.Duration(days * 24 * float64(time.Hour))).Truncate(time.Second)
}

func (d *demo) layDown() {
	role := Role{Trusted: []string{DemoSecurity}, ExternalID: DemoExternalID}
	d.production.AddRole(DemoRole, role)
	d.cloud.Account(DemoStaging).AddRole(DemoRole, role)
	d.cloud.Organize(d.cloud.Account(DemoSecurity), d.production, d.cloud.Account(DemoStaging))
	d.home = d.production.Region("eu-west-1")
	d.second = d.production.Region("eu-central-1")
	d.third = d.production.Region("us-east-1")
	d.layKeys()
	d.layIdentities()
	d.layFunctions()
	d.layConfiguration()
	d.laySecrets()
	d.layReplicas()
	d.layTrails()
	d.layEvents()
}

// layKeys makes one key for each state that a check looks for, and the good
// one that the rest use.
func (d *demo) layKeys() {
	d.keys = make(map[string]*Key)
	d.key(d.home, "main", func(k *Key) { k.MultiRegion = new(true) })
	d.key(d.home, "retired", func(k *Key) { k.State = "Disabled" })
	d.key(d.home, "doomed", func(k *Key) { k.State, k.Deletion = "PendingDeletion", d.now.AddDate(0, 0, 12) })
	d.key(d.home, "static", func(k *Key) { k.Rotation, k.RotationPeriod, k.NextRotation = new(false), nil, time.Time{} })
	d.key(d.home, "open", func(k *Key) {
		k.Policy = `{"Version":"2012-10-17","Statement":[{"Sid":"Everyone","Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}`
		k.Grants = []Grant{{ID: d.cloud.deriveUUID("grant"), Name: "migration", Grantee: "arn:aws:iam::999900001111:role/consultant",
			IssuingAccount: d.production.ARN("iam", "", "root"), Operations: []string{"Decrypt", "DescribeKey"}, Created: d.ago(200)}}
	})
	for _, g := range []*Region{d.home, d.second, d.third} {
		d.key(g, "aws/secretsmanager", func(k *Key) {
			k.Manager, k.Description = "AWS", "Default key that protects my Secrets Manager data when no other key is defined"
		})
	}
	home := d.keys["main"]
	replica := d.key(d.second, "main", func(k *Key) { k.MultiRegion = new(true) })
	places := []KeyPlace{{replica.ARN, d.second.Name}}
	home.Primary, home.Replicas = &KeyPlace{home.ARN, d.home.Name}, places
	replica.Primary, replica.Replicas = home.Primary, places
}

// key makes a key and its alias; change makes it what it is to be.
func (d *demo) key(g *Region, alias string, change func(*Key)) *Key {
	id := d.cloud.deriveUUID("demo key " + g.Name + alias)
	k := &Key{
		ID: id, ARN: g.ARN("kms", "key/"+id), Manager: "CUSTOMER", State: "Enabled", Spec: "SYMMETRIC_DEFAULT", Usage: "ENCRYPT_DECRYPT",
		Origin: "AWS_KMS", Description: alias, Created: d.ago(500), MultiRegion: new(false), Rotation: new(true), RotationPeriod: new(int64(365)),
		NextRotation: d.now.AddDate(0, 0, 230), Policy: keyPolicy(d.production), Tags: []Tag{{"Owner", "platform"}},
	}
	change(k)
	g.Keys = append(g.Keys, k)
	g.Aliases = append(g.Aliases, &Alias{Name: "alias/" + alias, KeyID: id, Created: k.Created, Updated: k.Created})
	if g == d.home {
		d.keys[alias] = k
	}
	return k
}

// keyPolicy lets the account use a key, and its principals through Secrets
// Manager only.
func keyPolicy(a *Account) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Id":"key","Statement":[`+
		`{"Sid":"Administer","Effect":"Allow","Principal":{"AWS":"arn:%[1]s:iam::%[2]s:root"},"Action":["kms:Create*","kms:Describe*","kms:Enable*","kms:List*","kms:Put*","kms:Get*","kms:ScheduleKeyDeletion"],"Resource":"*"},`+
		`{"Sid":"Use","Effect":"Allow","Principal":{"AWS":"arn:%[1]s:iam::%[2]s:root"},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*",`+
		`"Condition":{"StringLike":{"kms:ViaService":"secretsmanager.*.amazonaws.com"}}}]}`, a.Partition, a.ID)
}

// layFunctions makes the rotation functions: a good one, and one for each
// fault. The function "gone" is missing on purpose.
func (d *demo) layFunctions() {
	good := rotator(d.home, "rotate", d.now)
	broken := rotator(d.home, "rotate-broken", d.now)
	broken.State, broken.StateReason, broken.StateReasonCode = "Failed", "The execution role does not exist.", "InvalidConfiguration"
	broken.LastUpdateStatus, broken.LastUpdateStatusReason = "Failed", broken.StateReason
	closed := rotator(d.home, "rotate-closed", d.now)
	closed.Policy = ""
	open := rotator(d.home, "rotate-open", d.now)
	open.Policy = functionPolicy(open, "")
	old := rotator(d.home, "rotate-old", d.now)
	old.Runtime, old.Timeout = "python3.7", new(int64(10))
	old.VPC = &FunctionVPC{ID: "vpc-0a11", Subnets: []string{"subnet-0a11"}, SecurityGroups: []string{"sg-0a11"}}
	d.home.Functions = append(d.home.Functions, good, broken, closed, open, old)
	d.home.VPCEndpoints = append(d.home.VPCEndpoints, &VPCEndpoint{ID: "vpce-0b22", VPC: "vpc-0b22", Type: "Interface",
		Service: "com.amazonaws.eu-west-1.secretsmanager", State: "available", PrivateDNS: true, Subnets: []string{"subnet-0b22"}, Created: d.ago(300)})
}

// rotator makes a healthy rotation function.
func rotator(g *Region, name string, now time.Time) *Function {
	f := &Function{
		Name: name, ARN: g.ARN("lambda", "function:"+name), Runtime: "python3.13", Role: g.account.ARN("iam", "", "role/"+name),
		Handler: "lambda_function.lambda_handler", State: "Active", LastUpdateStatus: "Successful", PackageType: "Zip",
		Timeout: new(int64(60)), MemorySize: new(int64(128)), LastModified: now.AddDate(0, -2, 0).Truncate(time.Second),
	}
	f.Policy = functionPolicy(f, `,"Condition":{"StringEquals":{"AWS:SourceAccount":`+strconv.Quote(g.account.ID)+`}}`)
	return f
}

// functionPolicy lets Secrets Manager invoke a function, under a condition.
func functionPolicy(f *Function, condition string) string {
	return `{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"SecretsManager","Effect":"Allow",` +
		`"Principal":{"Service":"secretsmanager.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":` + strconv.Quote(f.ARN) + condition + `}]}`
}

// layTrails makes one multi-region trail, which keeps only writes and so
// tells nothing of who read a secret, an alarm on a metric that does not exist, and a
// rule that tells of deletions.
func (d *demo) layTrails() {
	topic := d.home.ARN("sns", "secrets")
	d.home.Alarms = append(d.home.Alarms, &Alarm{Name: "secret-errors", Namespace: "AWS/SecretsManager", Metric: "UserErrorCount", // SM-ACC-10
		State: "INSUFFICIENT_DATA", Changed: d.ago(400), Actions: []string{topic}})
	d.home.Rules = append(d.home.Rules, &EventRule{Name: "secrets-deleted", State: "ENABLED", Targets: []string{topic},
		Pattern: `{"source":["aws.secretsmanager"],"detail":{"eventName":["DeleteSecret"]}}`})
	d.home.Trails = append(d.home.Trails, &Trail{
		Name: "writes", ARN: d.home.ARN("cloudtrail", "trail/writes"), Bucket: "acme-trail", MultiRegion: new(true), Organization: new(false),
		GlobalServices: new(true), Validation: new(true), Logging: new(true), Started: d.ago(700), LatestDelivery: d.ago(0.01),
		EventSelectors: []EventSelector{{ReadWriteType: "WriteOnly", IncludeManagementEvents: new(true), ExcludeSources: []string{"kms.amazonaws.com"}}},
	})
}

// staging has a few secrets with nothing wrong, and a trail of everything.
func (d *demo) staging() {
	a := d.cloud.Account(DemoStaging)
	g := a.Region("eu-west-1")
	id := d.cloud.deriveUUID("staging key")
	key := &Key{ID: id, ARN: g.ARN("kms", "key/"+id), Manager: "CUSTOMER", State: "Enabled", Spec: "SYMMETRIC_DEFAULT", Usage: "ENCRYPT_DECRYPT",
		Origin: "AWS_KMS", Created: d.ago(400), Rotation: new(true), RotationPeriod: new(int64(365)), Policy: keyPolicy(a)}
	g.Keys = append(g.Keys, key)
	g.Functions = append(g.Functions, rotator(g, "rotate", d.now))
	for _, name := range []string{"staging/billing/postgres", "staging/orders/postgres", "staging/web/session"} {
		g.Secrets = append(g.Secrets, d.healthy(g, name, key.ARN))
	}
	g.Trails = append(g.Trails, &Trail{
		Name: "all", ARN: g.ARN("cloudtrail", "trail/all"), Bucket: "acme-trail-staging", MultiRegion: new(true), Organization: new(false),
		GlobalServices: new(true), Validation: new(true), Logging: new(true), Started: d.ago(700), LatestDelivery: d.ago(0.01),
		AdvancedSelectors: []AdvancedEventSelector{{Name: "management", Fields: []FieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}}},
	})
}
