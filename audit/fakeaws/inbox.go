package fakeaws

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Message is what Security Hub, SNS or EventBridge took: a finding, a message, an
// event.
type Message struct {
	Account, Region string
	To              string // "securityhub", the ARN of a topic, the name of a bus
	Subject         string // of SNS; of EventBridge the type of the detail
	Body            string // the finding, message or detail as it came
}

type inbox struct {
	mu       sync.Mutex
	messages []Message
}

// Received returns what was taken so far, in its order.
func (c *Cloud) Received() []Message {
	c.inbox.mu.Lock()
	defer c.inbox.mu.Unlock()
	return slices.Clone(c.inbox.messages)
}

func (x *call) take(m Message) {
	m.Account, m.Region = x.account.ID, x.region.Name
	x.cloud.inbox.mu.Lock()
	defer x.cloud.inbox.mu.Unlock()
	x.cloud.inbox.messages = append(x.cloud.inbox.messages, m)
}

func (r *Request) readHubPath() error {
	if r.HTTP.Method != http.MethodPost || r.HTTP.URL.Path != "/findings/import" {
		return errUnknownOperation
	}
	r.Operation = "BatchImportFindings"
	return nil
}

// batchImportFindings takes findings of the caller's account and region, and says of
// each other one why not.
func batchImportFindings(x *call) error {
	if x.region.NoHub {
		return &apiError{http.StatusUnauthorized, "InvalidAccessException", "Account " + x.account.ID + " is not subscribed to AWS Security Hub"}
	}
	var in struct{ Findings []json.RawMessage }
	if err := json.Unmarshal(x.Body, &in); err != nil || len(in.Findings) == 0 || len(in.Findings) > 100 {
		return &apiError{http.StatusBadRequest, "InvalidInputException", "Findings must have 1 to 100 members"}
	}
	type failure struct{ id, code, message string }
	var failed []failure
	for _, text := range in.Findings {
		id, why := x.finding(text)
		if why != "" {
			failed = append(failed, failure{id, "InvalidInput", why})
			continue
		}
		x.take(Message{To: "securityhub", Body: string(text)})
	}
	bad, good := int64(len(failed)), int64(len(in.Findings)-len(failed))
	x.item(nil, func() {
		x.number("FailedCount", &bad)
		x.number("SuccessCount", &good)
		x.list("FailedFindings", func() {
			for _, f := range failed {
				x.item(nil, func() {
					x.text("Id", f.id)
					x.text("ErrorCode", f.code)
					x.text("ErrorMessage", f.message)
				})
			}
		})
	})
	return nil
}

// finding says what is wrong with one, "" for nothing.
func (x *call) finding(text []byte) (id, why string) {
	var f struct {
		SchemaVersion, Id, ProductArn, AwsAccountId, Region string
		Title, Description, GeneratorId, CreatedAt          string
		UpdatedAt                                           string
		Types                                               []string
		Resources                                           []struct{ Type, Id string }
		Severity                                            struct{ Label string }
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return "", "the finding cannot be read"
	}
	for name, value := range map[string]string{
		"Id": f.Id, "Title": f.Title, "Description": f.Description, "GeneratorId": f.GeneratorId, "CreatedAt": f.CreatedAt, "UpdatedAt": f.UpdatedAt, "Severity": f.Severity.Label,
	} {
		if value == "" {
			return f.Id, name + " is missing"
		}
	}
	switch product := "arn:" + x.account.Partition + ":securityhub:" + x.region.Name + ":" + x.account.ID + ":product/" + x.account.ID + "/default"; {
	case f.SchemaVersion != "2018-10-08":
		return f.Id, "SchemaVersion is not supported"
	case f.AwsAccountId != x.account.ID:
		return f.Id, "AwsAccountId does not match the caller"
	case f.ProductArn != product:
		return f.Id, "ProductArn is not that of the caller"
	case len(text) > 240_000 || len(f.Title) > 256 || len(f.Description) > 1024:
		return f.Id, "the finding is too long"
	case len(f.Types) == 0 || len(f.Resources) == 0:
		return f.Id, "Types or Resources is missing"
	}
	return f.Id, ""
}

// publish takes a message for a topic of the region.
func publish(x *call) error {
	form := x.in.form
	topic, message, subject := form.Get("TopicArn"), form.Get("Message"), form.Get("Subject")
	switch {
	case !slices.Contains(x.region.Topics, topic):
		return &apiError{http.StatusNotFound, "NotFound", "Topic does not exist"}
	case message == "" || len(message) > 256<<10 || len(subject) > 100 || strings.ContainsAny(subject, "\r\n"):
		return &apiError{http.StatusBadRequest, "InvalidParameter", "Invalid parameter: Message or Subject"}
	case strings.HasSuffix(topic, ".fifo") && form.Get("MessageGroupId") == "":
		return &apiError{http.StatusBadRequest, "InvalidParameter", "The MessageGroupId parameter is required for FIFO topics"}
	}
	x.take(Message{To: topic, Subject: subject, Body: message})
	openXML(x)
	x.element("MessageId", "00000000-0000-4000-8000-000000000000")
	return nil
}

// putEvents takes events for a bus of the region.
func putEvents(x *call) error {
	var in struct {
		Entries []struct{ Source, DetailType, Detail, EventBusName string }
	}
	if err := json.Unmarshal(x.Body, &in); err != nil || len(in.Entries) == 0 || len(in.Entries) > 10 {
		return &apiError{http.StatusBadRequest, "ValidationException", "Entries must have 1 to 10 members"}
	}
	failed := int64(0)
	codes := make([]string, len(in.Entries))
	for i, e := range in.Entries {
		bus := e.EventBusName[strings.LastIndexByte(e.EventBusName, '/')+1:]
		switch {
		case bus != "" && bus != "default" && !slices.Contains(x.region.Buses, bus):
			codes[i] = "ResourceNotFoundException"
		case e.Source == "" || e.DetailType == "" || !json.Valid([]byte(e.Detail)):
			codes[i] = "MalformedDetail"
		default:
			x.take(Message{To: firstOf(bus, "default"), Subject: e.DetailType, Body: e.Detail})
			continue
		}
		failed++
	}
	x.item(nil, func() {
		x.number("FailedEntryCount", &failed)
		x.list("Entries", func() {
			for i, code := range codes {
				x.item(nil, func() {
					if code != "" {
						x.text("ErrorCode", code)
						x.text("ErrorMessage", "refused")
						return
					}
					x.text("EventId", "event-"+strconv.Itoa(i))
				})
			}
		})
	})
	return nil
}
