package audit

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An event is one record of CloudTrail, whether LookupEvents gave it or a file of
// a trail holds it: what it says of a principal and of secrets, and nothing of
// what was asked or answered beyond that.
type event struct {
	id     string // eventID
	source string // eventSource, "secretsmanager.amazonaws.com"
	time   time.Time
	at     cell // where CloudTrail recorded it; "" for what it does not say
	ours   bool // a collection did it
	// about has all that its activities share: not the secret, count and times.
	about Activity
	// secrets are those that the event names, as it names them. It may be none.
	secrets []string
}

// Bounds of one record. CloudTrail's own are 256 kB for a record, and 20 secrets
// for a BatchGetSecretValue.
const (
	maxEventRecord  = 1 << 20 // bytes
	maxEventSecrets = 100
)

// activities returns an activity for each secret that e names, one without a
// secret if it names none.
func (e *event) activities() []Activity {
	if len(e.secrets) == 0 {
		return []Activity{e.about}
	}
	list := make([]Activity, len(e.secrets))
	for i, id := range e.secrets {
		list[i] = e.about
		list[i].SecretID = id
	}
	return list
}

// A trailRecord is the part of a record's JSON that is looked at. Names are
// matched without regard to case, as CloudTrail's own vary (secretId, SecretId).
type trailRecord struct {
	EventID          string
	AWSRegion        string
	Recipient        string `json:"recipientAccountId"`
	EventTime        string
	EventSource      string
	EventName        string
	EventType        string
	SourceIPAddress  string
	UserAgent        string
	ErrorCode        string
	ErrorMessage     string
	UserIdentity     userIdentity
	FromConsole      any `json:"sessionCredentialFromConsole"`
	RequestParameter struct {
		Name                       string // of CreateSecret
		SecretID                   string
		SecretIDList               []string
		KMSKeyID                   string
		ForceDeleteWithoutRecovery any
		RecoveryWindowInDays       any
		Filters                    []json.RawMessage
	} `json:"requestParameters"`
	AdditionalEventData struct {
		SecretID     string
		ErrorMessage string
		Message      string
	}
	Resources []struct{ ARN string }
}

// parseEvent reads a record. It takes what it finds: a field of another type than
// CloudTrail documents counts as absent. The error says that the text is no
// record at all.
func parseEvent(record string, t texts) (event, error) {
	if len(record) > maxEventRecord {
		return event{}, fmt.Errorf("a record of %d bytes", len(record))
	}
	var r trailRecord
	var otherType *json.UnmarshalTypeError
	if err := json.Unmarshal([]byte(record), &r); err != nil && !errors.As(err, &otherType) {
		return event{}, errors.New("a record that is not JSON")
	}
	if r.EventName == "" {
		return event{}, errors.New("a record without an event's name")
	}
	e := event{id: r.EventID, source: r.EventSource, secrets: t.list(r.secrets())}
	e.time, _ = time.Parse(time.RFC3339, r.EventTime) // zero if absent: the caller may know better
	e.at, e.ours = cell{r.Recipient, r.AWSRegion}, r.ours()
	service := r.EventType == "AwsServiceEvent"
	e.about = Activity{
		Event: t.clean(r.EventName), Service: service,
		Principal: t.clean(r.UserIdentity.principal()), PrincipalType: t.clean(r.UserIdentity.kind()),
		Source: t.clean(r.SourceIPAddress), UserAgent: firstProduct(t.clean(r.UserAgent)), Console: r.console(),
		Error: t.clean(r.ErrorCode), Note: r.note(),
	}
	if service {
		e.about.Message = cutText(t.sentence(cmp.Or(r.ErrorMessage, r.AdditionalEventData.ErrorMessage, r.AdditionalEventData.Message)), maxMessage)
	}
	return e, nil
}

// ours reports whether the event is a request of a collection. What a collection
// cannot do is never one, whatever the user agent says.
func (r *trailRecord) ours() bool {
	service, _, _ := strings.Cut(r.EventSource, ".")
	return Operation(service+":"+r.EventName).row() != nil &&
		(strings.HasPrefix(r.UserAgent, "assay/") || strings.Contains(r.UserAgent, " assay/"))
}

// maxMessage bounds the message of a failed rotation, in bytes: a sentence or two.
const maxMessage = 500

// secrets returns what r names as secrets, each once. Calls name them in their
// parameters, the service's own events in additionalEventData; where an event has
// neither, as when access was denied, its resources or the refusal may.
func (r *trailRecord) secrets() []string {
	p := &r.RequestParameter
	named := append([]string{p.SecretID, r.AdditionalEventData.SecretID}, p.SecretIDList...)
	if r.EventName == "CreateSecret" {
		named = append(named, p.Name)
	}
	if ids := distinct(named); len(ids) > 0 {
		return ids
	}
	named = named[:0]
	for _, resource := range r.Resources {
		if arnTail(resource.ARN) != "" {
			named = append(named, resource.ARN)
		}
	}
	return distinct(append(named, refusedSecret(r.ErrorMessage)))
}

// refusedSecret finds the secret in a refusal of IAM's: "... is not authorized to
// perform: secretsmanager:GetSecretValue on resource: NAME because ...".
func refusedSecret(message string) string {
	_, rest, ok := strings.Cut(message, " on resource: ")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, " ")
	if id == "*" {
		return ""
	}
	return id
}

// distinct drops empty and repeated texts and keeps the order.
func distinct(list []string) []string {
	var kept []string
	seen := map[string]bool{"": true}
	for _, s := range list {
		if !seen[s] && len(kept) < maxEventSecrets {
			seen[s] = true
			kept = append(kept, s)
		}
	}
	return kept
}

// note says what a call was about.
func (r *trailRecord) note() string {
	switch {
	case r.EventName == "DeleteSecret" && saysTrue(r.RequestParameter.ForceDeleteWithoutRecovery):
		return "force"
	case r.EventName == "UpdateSecret" && r.RequestParameter.KMSKeyID != "":
		return "key"
	case r.EventName == "BatchGetSecretValue" && len(r.RequestParameter.Filters) > 0:
		return "filters"
	case r.EventName == "DeleteSecret":
		return shortWindow(r.RequestParameter.RecoveryWindowInDays)
	}
	return ""
}

// shortWindow says how long the recovery window of a deletion is, "7 days", and
// nothing of one that has AWS's own length of 30 days.
func shortWindow(days any) string {
	if n, ok := days.(float64); ok && n >= 1 && n < 30 {
		return plural(int64(n), "day")
	}
	return ""
}

// console reports whether the credentials came from a sign-in to the console.
// Other agents than the console's own say nothing: a browser may run a program.
func (r *trailRecord) console() bool {
	if saysTrue(r.FromConsole) {
		return true
	}
	agent := strings.Trim(r.UserAgent, "[]")
	return agent == "console.amazonaws.com" || agent == "signin.amazonaws.com"
}

// saysTrue takes true and "true", since CloudTrail writes both.
func saysTrue(v any) bool {
	text, _ := v.(string)
	return v == true || strings.EqualFold(text, "true")
}

// firstProduct returns the name of the first product of a user agent, without
// its version: "aws-cli" of "aws-cli/2.17.0 md/awscrt". One that names no product
// is returned whole: "AWS Internal", "rds.amazonaws.com".
func firstProduct(agent string) string {
	agent = strings.Trim(agent, "[] ")
	first, _, _ := strings.Cut(agent, " ")
	if product, _, ok := strings.Cut(first, "/"); ok {
		return cutText(product, maxProduct)
	}
	if strings.Contains(agent, "/") {
		agent = first
	}
	return cutText(agent, maxProduct)
}

// maxProduct bounds the name of a product, in bytes.
const maxProduct = 100
