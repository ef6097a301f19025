package fakeaws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// healthy makes a secret with nothing wrong: rotated every 30 days by the
// region's function, under its own key.
func (d *demo) healthy(g *Region, name, key string) *Secret {
	label := g.account.ID + g.Name + name
	rotated := d.ago(11)
	version := func(n int, stages []string, created time.Time) Version {
		return Version{ID: d.cloud.deriveUUID(fmt.Sprint(label, n)), Stages: stages, Created: created, LastAccessed: d.ago(0).Truncate(24 * time.Hour), KmsKeyIDs: []string{key}}
	}
	env, rest, _ := strings.Cut(name, "/")
	app, _, _ := strings.Cut(rest, "/")
	return &Secret{
		Name: name, ARN: g.ARN("secretsmanager", "secret:"+name+"-"+strings.ToLower(d.cloud.derive32(label, 6))), KmsKeyID: key,
		Description: "credentials of " + name, Tags: []Tag{{"Environment", env}, {"Owner", "platform"}, {"Application", app}},
		RotationEnabled: new(true), RotationLambdaARN: g.ARN("lambda", "function:rotate"), RotationRules: &RotationRules{AutomaticallyAfterDays: new(int64(30))},
		Created: d.ago(400), LastChanged: rotated, LastRotated: rotated, NextRotation: d.now.AddDate(0, 0, 19).Truncate(time.Second), LastAccessed: d.ago(0).Truncate(24 * time.Hour),
		Versions: []Version{version(2, []string{"AWSCURRENT", "AWSPENDING"}, rotated), version(1, []string{"AWSPREVIOUS"}, d.ago(41)), version(0, nil, d.ago(71))},
	}
}

// laySecrets makes the home region's secrets: some without fault, then one
// for each fault.
func (d *demo) laySecrets() {
	main := d.keys["main"].ARN
	for _, name := range []string{"prod/billing/postgres", "prod/orders/postgres", "prod/shipping/postgres", "prod/web/cookies", "prod/feeds/kafka"} {
		d.home.Secrets = append(d.home.Secrets, d.healthy(d.home, name, main))
	}
	for _, team := range []string{"accounts", "cart", "fraud", "notify", "pricing", "reviews", "stock", "support"} {
		for _, kind := range []string{"postgres", "redis", "token"} {
			d.home.Secrets = append(d.home.Secrets, d.healthy(d.home, "prod/"+team+"/"+kind, main))
		}
	}
	for _, sick := range demoFaults {
		s := d.healthy(d.home, sick.name, main)
		sick.fault(d, s)
		d.home.Secrets = append(d.home.Secrets, s)
	}
}

// demoFaults are the secrets with something wrong, by the check that finds
// it.
var demoFaults = []struct {
	name  string
	fault func(*demo, *Secret)
}{
	{"prod/web/session-key", func(_ *demo, s *Secret) { // SM-ROT-01
		s.RotationEnabled, s.RotationLambdaARN, s.RotationRules = nil, "", nil
		s.LastRotated, s.NextRotation = time.Time{}, time.Time{}
	}},
	{"prod/payments/gateway", func(d *demo, s *Secret) { // SM-ROT-02, SM-ROT-03
		s.RotationRules = &RotationRules{ScheduleExpression: "rate(365 days)"}
		d.aged(s, 300)
		s.NextRotation = d.now.AddDate(0, 0, 65)
	}},
	{"prod/crm/mysql", func(d *demo, s *Secret) { // SM-ROT-04, SM-ROT-08
		d.aged(s, 48)
		s.NextRotation = d.ago(18)
	}},
	{"prod/legacy/oracle", func(d *demo, s *Secret) { s.RotationLambdaARN = d.home.ARN("lambda", "function:gone") }},             // SM-ROT-05
	{"prod/warehouse/loader", func(d *demo, s *Secret) { s.RotationLambdaARN = d.home.ARN("lambda", "function:rotate-broken") }}, // SM-ROT-05
	{"prod/search/cluster", func(d *demo, s *Secret) { s.RotationLambdaARN = d.home.ARN("lambda", "function:rotate-closed") }},   // SM-ROT-06
	{"prod/search/reader", func(d *demo, s *Secret) { s.RotationLambdaARN = d.home.ARN("lambda", "function:rotate-open") }},      // SM-ROT-06
	{"prod/analytics/redshift", func(d *demo, s *Secret) { s.RotationLambdaARN = d.home.ARN("lambda", "function:rotate-old") }},  // SM-ROT-07
	{"prod/mail/smtp", func(d *demo, s *Secret) { // SM-ROT-09
		s.RotationRules = &RotationRules{ScheduleExpression: "rate(4 hours)", Duration: "6h"}
		d.aged(s, 0.1)
		s.NextRotation = d.now.Add(time.Hour)
	}},
	{"prod/partner/api", func(d *demo, s *Secret) { // SM-ROT-10
		s.RotationEnabled, s.NextRotation = new(false), time.Time{}
		d.aged(s, 40) // layEvents turns it off later than that
	}},
	{"prod/queue/rabbitmq", func(d *demo, s *Secret) { // SM-VER-01
		s.Versions[0].Stages = []string{"AWSCURRENT"}
		s.Versions = append(s.Versions, Version{ID: d.cloud.deriveUUID("stuck"), Stages: []string{"AWSPENDING"}, Created: d.ago(5), KmsKeyIDs: s.Versions[0].KmsKeyIDs})
	}},
	{"prod/import/ftp", func(_ *demo, s *Secret) { s.Versions[0].Stages = []string{"AWSPENDING"} }},                   // SM-VER-02
	{"prod/cache/redis", func(_ *demo, s *Secret) { s.Versions = s.Versions[:1] }},                                    // SM-VER-03
	{"prod/build/packages", func(d *demo, s *Secret) { d.storm(s) }},                                                  // SM-VER-04
	{"prod/mobile/push", func(d *demo, s *Secret) { d.under(s, ""); s.Policy = sharedPolicy }},                        // SM-KMS-01
	{"prod/archive/sftp", func(d *demo, s *Secret) { d.under(s, d.keys["retired"].ARN) }},                             // SM-KMS-02
	{"prod/archive/tape", func(d *demo, s *Secret) { d.under(s, d.keys["doomed"].ARN); s.KmsKeyID = "alias/doomed" }}, // SM-KMS-02
	{"prod/archive/vault", func(d *demo, s *Secret) { s.KmsKeyID = "alias/nothing" }},                                 // SM-KMS-02
	{"prod/reports/snowflake", func(d *demo, s *Secret) { d.under(s, d.keys["static"].ARN) }},                         // SM-KMS-03
	{"prod/identity/saml", func(d *demo, s *Secret) { d.under(s, d.keys["open"].ARN) }},                               // SM-KMS-04
	{"prod/ledger/postgres", func(d *demo, s *Secret) { s.Versions[0].KmsKeyIDs = []string{d.keys["static"].ARN} }},   // SM-KMS-05
	{"prod/critical/signing", func(_ *demo, s *Secret) { s.Tags = append(s.Tags, Tag{"Criticality", "critical"}) }},   // SM-REP-02
	{"prod/retired/ldap", func(d *demo, s *Secret) { s.Deleted = d.now.AddDate(0, 0, 7) }},
	{"prod/survey/mailgun", func(d *demo, s *Secret) { s.LastAccessed = d.ago(210) }},                                      // SM-LIF-01
	{"prod/labs/notebook", func(_ *demo, s *Secret) { s.Tags = nil }},                                                      // SM-LIF-03
	{"legacy-ftp", func(_ *demo, s *Secret) { s.Tags = append(s.Tags[1:2:2], Tag{"Env", "prod"}, Tag{"Service", "ftp"}) }}, // SM-LIF-04
	{"prod/crm/salesforce", func(d *demo, s *Secret) { // SM-LIF-07
		s.Type, s.RotationLambdaARN, s.ExternalRoleARN = "SalesforceClientSecret", "", d.production.ARN("iam", "", "role/salesforce-rotation")
	}},
	{"prod/stock/mysql", func(d *demo, s *Secret) { // SM-LIF-06
		s.Description = "credentials of prod/stock/mysql, password=" + d.cloud.Plant("description")
	}},
	{"prod/widget/config", func(_ *demo, s *Secret) { s.Policy = openPolicy }},                     // SM-POL-01
	{"prod/build/signing", func(d *demo, s *Secret) { s.Policy = widePolicy(d.production, "ci") }}, // SM-POL-03
	{"prod/mail/postmark", func(_ *demo, s *Secret) { s.Policy = danglingPolicy }},                 // SM-POL-05
	{"rds!db-reports", func(d *demo, s *Secret) { // SM-LIF-08
		s.OwningService, s.RotationLambdaARN = "rds", ""
		s.RotationRules = &RotationRules{AutomaticallyAfterDays: new(int64(7))}
		d.aged(s, 3)
		s.NextRotation, s.LastAccessed = d.now.AddDate(0, 0, 4), d.ago(160)
	}},
	{"rds!db-orders", func(d *demo, s *Secret) { // its owner rotates it, without a function
		s.OwningService, s.RotationLambdaARN = "rds", ""
		s.RotationRules = &RotationRules{AutomaticallyAfterDays: new(int64(7))}
		d.aged(s, 3)
		s.NextRotation = d.now.AddDate(0, 0, 4)
	}},
}

// sharedPolicy lets another account read, which the AWS-managed key forbids.
const sharedPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999900001111:root"},` +
	`"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`

// openPolicy lets everybody read who has an AWS account.
const openPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"Widget","Effect":"Allow","Principal":"*",` +
	`"Action":"secretsmanager:GetSecretValue","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`

// danglingPolicy names a role that was deleted.
const danglingPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"Sender","Effect":"Allow","Principal":{"AWS":"AROAQQQQQQQQQQQQQQQQQ"},` +
	`"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`

// widePolicy lets a role of the account do everything with a secret.
func widePolicy(a *Account, role string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"Build","Effect":"Allow","Principal":{"AWS":` + strconv.Quote(a.ARN("iam", "", "role/"+role)) +
		`},"Action":"secretsmanager:*","Resource":"*"}]}`
}

// aged makes the current version so many days old.
func (d *demo) aged(s *Secret, days float64) {
	s.LastRotated, s.LastChanged, s.Versions[0].Created = d.ago(days), d.ago(days), d.ago(days)
	for i := range s.Versions[1:] {
		s.Versions[i+1].Created = d.ago(days + 30*float64(i+1))
	}
}

// under encrypts all of a secret with another key.
func (d *demo) under(s *Secret, key string) {
	s.KmsKeyID = key
	if key == "" {
		key = "DefaultEncryptionKey" // as ListSecretVersionIds calls the one that AWS manages
	}
	for i := range s.Versions {
		s.Versions[i].KmsKeyIDs = []string{key}
	}
}

// storm gives a secret the versions of a client that writes it every half
// hour, and a label that somebody pinned to an old one.
func (d *demo) storm(s *Secret) {
	for i := range 92 {
		v := Version{ID: d.cloud.deriveUUID(fmt.Sprint("storm", i)), Created: d.ago(0.02 * float64(i+1)), KmsKeyIDs: s.Versions[0].KmsKeyIDs}
		if i == 80 {
			v.Stages = []string{"release-41"}
		}
		s.Versions = append(s.Versions, v)
	}
}

// layReplicas copies secrets to other regions: well, under the wrong key,
// not at all, and one whose primary is gone.
func (d *demo) layReplicas() {
	main := d.second.Keys[1].ARN
	d.replicate("prod/billing/postgres", d.second, main, "InSync", "")
	d.replicate("prod/orders/postgres", d.second, main, "InSync", "")
	d.replicate("prod/shared/tokens", d.third, "", "InSync", "") // SM-KMS-06
	d.replicate("prod/catalog/mongodb", d.second, main, "Failed", "Replication failed: the KMS key is not accessible in eu-central-1.")
	orphan := d.healthy(d.third, "prod/old/directory", d.third.Keys[0].ARN) // SM-REP-03
	orphan.PrimaryRegion, orphan.RotationEnabled, orphan.RotationLambdaARN, orphan.RotationRules = d.home.Name, nil, "", nil
	d.third.Secrets = append(d.third.Secrets, orphan)
}

// replicate copies a secret of the home region, which it makes if need be.
func (d *demo) replicate(name string, to *Region, key, status, message string) {
	primary, err := d.home.secret(name)
	if err != nil {
		primary = d.healthy(d.home, name, d.keys["main"].ARN)
		d.home.Secrets = append(d.home.Secrets, primary)
	}
	primary.PrimaryRegion = d.home.Name
	primary.Replication = append(primary.Replication, Replica{Region: to.Name, KmsKeyID: key, Status: status, StatusMessage: message, LastAccessed: d.ago(2).Truncate(24 * time.Hour)})
	if status != "InSync" {
		return
	}
	replica := *primary
	replica.ARN = strings.Replace(primary.ARN, ":"+d.home.Name+":", ":"+to.Name+":", 1)
	replica.Versions = slices.Clone(primary.Versions)
	replica.Replication = nil
	d.under(&replica, key)
	replica.RotationEnabled, replica.RotationLambdaARN, replica.RotationRules = nil, "", nil
	to.Secrets = append(to.Secrets, &replica)
}
