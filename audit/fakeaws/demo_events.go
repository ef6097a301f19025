package fakeaws

import (
	"encoding/json"
	"fmt"
	"time"
)

// principal is somebody who acts in the demo.
type principal struct{ kind, arn, name, agent, address string }

// layEvents makes ninety days of the home region's event history.
func (d *demo) layEvents() {
	app := d.assumed("orders-service", "i-0c33", "aws-sdk-go-v2/1.47 lang/go", "10.0.4.17")
	batch := d.assumed("batch", "nightly", "Boto3/1.40 md/Botocore", "10.0.9.3")
	human := principal{"IAMUser", d.production.ARN("iam", "", "user/dana"), "dana", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "203.0.113.77"}

	for day := range 90 {
		for _, name := range []string{"prod/orders/postgres", "prod/billing/postgres", "prod/feeds/kafka", "prod/web/cookies"} {
			d.read(app, name, float64(day)+0.3, "")
		}
		d.read(batch, "prod/shipping/postgres", float64(day)+0.9, "")
	}
	for _, s := range d.home.Secrets {
		if s.RotationEnabled != nil && *s.RotationEnabled && s.Name != "prod/crm/mysql" {
			d.rotated(s, d.now.Sub(s.LastRotated).Hours()/24)
		}
	}
	for _, day := range []float64{2, 10, 18} { // SM-ROT-08
		d.serviceEvent("RotationStarted", "prod/crm/mysql", day+0.01, "")
		d.serviceEvent("RotationFailed", "prod/crm/mysql", day, "Lambda function returned error: FATAL: password authentication failed")
	}
	d.serviceEvent("RotationAbandoned", "prod/queue/rabbitmq", 4, "a previous rotation is still in progress")

	for i := range 12 { // SM-ACC-02
		d.read(batch, "prod/payments/gateway", 6+float64(i)/200, "AccessDenied")
	}
	for _, name := range []string{"prod/billing/postgres", "prod/critical/signing"} { // SM-ACC-04
		d.read(human, name, 3.4, "")
	}
	for i, name := range []string{"PutResourcePolicy", "DeleteResourcePolicy", "UpdateSecret", "CancelRotateSecret", "StopReplicationToReplica"} { // SM-ACC-06, SM-ROT-10
		parameters := map[string]any{"secretId": d.arn("prod/partner/api")}
		if name == "UpdateSecret" {
			parameters["kmsKeyId"] = d.keys["main"].ARN
		}
		d.call(human, name, "prod/partner/api", 20+float64(i), "", parameters)
	}
	d.call(human, "DeleteSecret", "prod/gone/token", 33, "", map[string]any{"secretId": "prod/gone/token", "forceDeleteWithoutRecovery": true})
}

func (d *demo) assumed(role, session, agent, address string) principal {
	return principal{"AssumedRole", d.production.ARN("sts", "", "assumed-role/"+role+"/"+session), session, agent, address}
}

// arn returns the ARN of a secret of the home region, or its name when it is
// gone.
func (d *demo) arn(name string) string {
	if s, err := d.home.secret(name); err == nil {
		return s.ARN
	}
	return name
}

// read is a GetSecretValue, asked for by ARN on some days and by name on the
// others.
func (d *demo) read(who principal, name string, daysAgo float64, failure string) {
	id := d.arn(name)
	if int(daysAgo)%2 == 1 {
		id = name
	}
	d.call(who, "GetSecretValue", name, daysAgo, failure, map[string]any{"secretId": id})
}

// call is an API call in the history.
func (d *demo) call(who principal, operation, name string, daysAgo float64, failure string, parameters map[string]any) {
	record := map[string]any{
		"eventVersion": "1.11", "eventType": "AwsApiCall", "eventCategory": "Management", "managementEvent": true,
		"userIdentity":    d.identity(who),
		"sourceIPAddress": who.address, "userAgent": who.agent, "requestParameters": parameters, "responseElements": nil,
		"readOnly": operation == "GetSecretValue",
	}
	if who.kind == "IAMUser" {
		record["sessionCredentialFromConsole"] = "true"
	}
	if failure != "" {
		record["errorCode"] = failure
		record["errorMessage"] = "User: " + who.arn + " is not authorized to perform: secretsmanager:" + operation
	}
	d.event(operation, who.name, name, daysAgo, record)
}

func (d *demo) identity(who principal) map[string]any {
	identity := map[string]any{"type": who.kind, "arn": who.arn, "accountId": d.production.ID, "principalId": "demo:" + who.name}
	if who.kind == "IAMUser" {
		identity["userName"] = who.name
	}
	return identity
}

// rotated is a rotation that went well.
func (d *demo) rotated(s *Secret, daysAgo float64) {
	d.serviceEvent("RotationStarted", s.Name, daysAgo+0.001, "")
	d.serviceEvent("RotationSucceeded", s.Name, daysAgo, "")
}

// serviceEvent is what Secrets Manager itself reports.
func (d *demo) serviceEvent(kind, name string, daysAgo float64, message string) {
	record := map[string]any{
		"eventVersion": "1.11", "eventType": "AwsServiceEvent", "eventCategory": "Management", "managementEvent": true, "readOnly": false,
		"userIdentity":    map[string]any{"accountId": d.production.ID, "invokedBy": "secretsmanager.amazonaws.com"},
		"sourceIPAddress": "secretsmanager.amazonaws.com", "userAgent": "secretsmanager.amazonaws.com",
		"additionalEventData": map[string]any{"SecretId": d.arn(name)},
	}
	if message != "" {
		record["errorMessage"] = message
	}
	d.event(kind, "", name, daysAgo, record)
}

// event files a record in the home region's history.
func (d *demo) event(kind, user, name string, daysAgo float64, record map[string]any) {
	at := d.ago(daysAgo)
	id := d.cloud.deriveUUID(fmt.Sprint("event ", kind, name, daysAgo, len(d.home.Events)))
	record["eventID"], record["eventName"], record["eventSource"] = id, kind, "secretsmanager.amazonaws.com"
	record["eventTime"], record["awsRegion"], record["recipientAccountId"] = at.UTC().Format(time.RFC3339), d.home.Name, d.production.ID
	text, err := json.Marshal(record)
	if err != nil {
		panic(err) // the record above holds nothing that JSON cannot
	}
	d.home.Events = append(d.home.Events, &Event{
		ID: id, Name: kind, Source: "secretsmanager.amazonaws.com", Username: user, Time: at,
		ReadOnly: fmt.Sprint(record["readOnly"]), Resources: []EventResource{{"AWS::SecretsManager::Secret", d.arn(name)}}, Record: string(text),
	})
}
