package send

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A Destination is where alerts go.
type Destination struct {
	kind   string // "sns", "eventbridge", "webhook"
	name   string // ARN of a topic, name or ARN of a bus, address
	region string // that an ARN names, "" for that of the session
}

// What destinations of AWS look like. They are compiled where one is named.
const (
	topicPattern = `^arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$`
	busPattern   = `^(arn:aws[a-z-]*:events:([a-z0-9-]+):[0-9]{12}:event-bus/)?[A-Za-z0-9._/-]{1,256}$`
)

// ParseDestination reads sns:ARN, eventbridge:BUS or webhook:URL. Its error holds
// nothing of an address, which may be a secret.
func ParseDestination(text string) (Destination, error) {
	kind, name, _ := strings.Cut(text, ":")
	d := Destination{kind: kind, name: name}
	switch kind {
	case "sns":
		m := regexp.MustCompile(topicPattern).FindStringSubmatch(name)
		if m == nil {
			return d, errors.New("sns: wants the ARN of a topic")
		}
		d.region = m[1]
	case "eventbridge":
		m := regexp.MustCompile(busPattern).FindStringSubmatch(name)
		if m == nil {
			return d, errors.New("eventbridge: wants the name or ARN of an event bus, such as default")
		}
		d.region = m[2]
	case "webhook":
		if err := secure(name); err != nil {
			return d, errors.New("webhook: wants an address that begins with https://, or one of this machine")
		}
	default:
		return d, errors.New("a destination is sns:ARN, eventbridge:BUS or webhook:URL")
	}
	return d, nil
}

// Webhook reports whether d is one, which needs no session of AWS.
func (d Destination) Webhook() bool { return d.kind == "webhook" }

// Operation is what d asks of AWS, "" for nothing.
func (d Destination) Operation() Operation {
	switch d.kind {
	case "sns":
		return Publish
	case "eventbridge":
		return PutEvents
	}
	return ""
}

// String names d without what may be a secret in it.
func (d Destination) String() string {
	if d.Webhook() {
		u, err := url.Parse(d.name)
		if err != nil {
			return "webhook"
		}
		return "webhook at " + shown(u)
	}
	return d.kind + ":" + d.name
}

// Alert sends an alert to d. cfg is a session of AWS, which a webhook does not need.
func (c *Client) Alert(ctx context.Context, cfg aws.Config, d Destination, a *Alert) error {
	if d.region != "" {
		cfg.Region = d.region
	}
	var err error
	switch d.kind {
	case "sns":
		err = c.publish(ctx, cfg, d, a)
	case "eventbridge":
		err = c.putEvents(ctx, cfg, d, a)
	default:
		err = c.post(ctx, d, a)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d, err)
	}
	return nil
}

// Bodies returns what Alert would send to d.
func Bodies(d Destination, a *Alert) ([]string, error) {
	switch d.kind {
	case "sns":
		form, err := snsForm(d, a)
		return []string{form.Get("Message")}, err
	case "eventbridge":
		var list []string
		for _, batch := range eventBatches(d, a, time.Time{}) {
			for _, e := range batch {
				list = append(list, e.Detail)
			}
		}
		return list, nil
	}
	body, err := json.Marshal(a)
	return []string{string(body)}, err
}

// snsMessage bounds a message, in bytes: SNS takes 256 KiB with all its forms.
const snsMessage = 100 << 10

// snsForm is one message in several forms: text for people, JSON for programs.
func snsForm(d Destination, a *Alert) (url.Values, error) {
	short := *a
	body, err := json.Marshal(short)
	for err == nil && len(body) > snsMessage && len(short.Changes) > 1 {
		short.Changes = short.Changes[:len(short.Changes)/2]
		short.More = a.More + len(a.Changes) - len(short.Changes)
		body, err = json.Marshal(short)
	}
	if err != nil {
		return nil, err
	}
	forms, err := json.Marshal(map[string]string{"default": string(body), "email": short.lines(), "sms": short.Text})
	form := url.Values{
		"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {d.name}, "MessageStructure": {"json"}, "Message": {string(forms)},
		"Subject": {subject(&short)},
	}
	if strings.HasSuffix(d.name, ".fifo") {
		form.Set("MessageGroupId", "assay")
		sum := sha256.Sum256(forms)
		form.Set("MessageDeduplicationId", hex.EncodeToString(sum[:]))
	}
	return form, err
}

// subject is at most 100 characters of ASCII, as SNS wants it.
func subject(a *Alert) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, fmt.Sprintf("assay: %d new and %d worse in %s", a.New, a.Worse, a.Target))
	return text[:min(len(text), 100)]
}

func (c *Client) publish(ctx context.Context, cfg aws.Config, d Destination, a *Alert) error {
	form, err := snsForm(d, a)
	if err != nil {
		return err
	}
	_, err = c.aws(ctx, cfg, "sns", "SNS", request{contentType: "application/x-www-form-urlencoded; charset=utf-8", body: []byte(form.Encode())}, "")
	return err
}

// An event is one entry of PutEvents.
type event struct {
	Time         int64 `json:",omitempty"` // seconds since 1970
	Source       string
	DetailType   string
	Detail       string
	EventBusName string
	Resources    []string `json:",omitempty"`
}

// eventDetail is what a rule of EventBridge can match: one finding.
type eventDetail struct {
	Schema string `json:"schema"`
	Target string `json:"target"`
	Change
}

// eventsPerRequest is the most that PutEvents takes.
const eventsPerRequest = 10

// eventBatches are the requests, an event for each finding.
func eventBatches(d Destination, a *Alert, at time.Time) [][]event {
	var batches [][]event
	var batch []event
	for _, c := range a.Changes {
		detail, err := json.Marshal(eventDetail{a.Schema, a.Target, c})
		if err != nil {
			continue // a Change holds nothing that JSON cannot
		}
		e := event{Source: "assay", DetailType: "assay finding", Detail: string(detail), EventBusName: d.name}
		if !at.IsZero() {
			e.Time = at.Unix()
		}
		if c.ARN != "" {
			e.Resources = []string{c.ARN}
		}
		if batch = append(batch, e); len(batch) == eventsPerRequest {
			batches, batch = append(batches, batch), nil
		}
	}
	if batch != nil {
		batches = append(batches, batch)
	}
	return batches
}

func (c *Client) putEvents(ctx context.Context, cfg aws.Config, d Destination, a *Alert) error {
	failed := 0
	code := ""
	for _, batch := range eventBatches(d, a, c.now()) {
		body, err := json.Marshal(map[string]any{"Entries": batch})
		if err != nil {
			return err
		}
		text, err := c.aws(ctx, cfg, "events", "EventBridge", request{contentType: "application/x-amz-json-1.1", target: "AWSEvents.PutEvents", body: body}, "")
		if err != nil {
			return err
		}
		var answer struct {
			FailedEntryCount int
			Entries          []struct{ ErrorCode string }
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return errors.New("the answer is not what EventBridge sends")
		}
		failed += answer.FailedEntryCount
		for _, e := range answer.Entries {
			if e.ErrorCode != "" {
				code = e.ErrorCode
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d events were refused, the last for %s", failed, len(a.Changes), code)
	}
	return nil
}

// post sends an alert to a webhook.
func (c *Client) post(ctx context.Context, d Destination, a *Alert) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	_, err = c.do(ctx, request{address: d.name, contentType: "application/json", body: body, transport: transport})
	return err
}
