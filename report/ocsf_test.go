package report

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
	"time"
)

func newTestOCSF(w io.Writer) Handler { return NewOCSF(w, OCSFOptions{}) }

// The schema is the part that assay writes, written down: no registry has a package of
// OCSF's own.
func TestOCSFFollowsSchema(t *testing.T) {
	schema := testSchema(t, "ocsf.schema.json")
	for _, c := range cases() {
		if err := validate(schema, render(t, variant{New: newTestOCSF}, c)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	good := render(t, variant{New: newTestOCSF}, auditCase())
	for was, wrong := range map[string]string{
		`"class_uid":2003`: `"class_uid":2004`, `"type_uid":200301`: `"type_uid":200399`, `"status_id":3,"status":"Fail"`: `"status_id":4,"status":"Fail"`,
		`"standards"`: `"norms"`, `"severity_id":4`: `"severity_id":9`, `"finding_info":{"uid"`: `"finding_info":{"id"`, `"scan":`: `"scans":`, `"product":{"name"`: `"product":{"called"`,
	} {
		if bad := bytes.Replace(good, []byte(was), []byte(wrong), 1); bytes.Equal(bad, good) || validate(schema, bad) == nil {
			t.Errorf("the schema lets %s pass", wrong)
		}
	}
}

// Everything that a run says stands in its events, each once, and the last one says
// whether it was complete.
func TestOCSFHoldsEverything(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for _, c := range cases() {
		var b bytes.Buffer
		if err := c.tell(NewOCSF(&b, OCSFOptions{Now: func() time.Time { return at }})); err != nil {
			t.Fatal(err)
		}
		var events []ocsfEvent
		d := json.NewDecoder(&b)
		d.DisallowUnknownFields()
		if err := d.Decode(&events); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		last := events[len(events)-1]
		if len(events) != len(c.findings)+len(c.verdicts)+1 || last.Class != ocsfScan || (last.Status == 1) != c.summary.Complete() {
			t.Errorf("%s: %d events, the last of class %d with status %d", c.name, len(events), last.Class, last.Status)
		}
		notices := 0
		if last.Unmapped != nil {
			notices = len(last.Unmapped.Notices) + last.Unmapped.NoticesMore
		}
		if notices != len(c.notices) {
			t.Errorf("%s: %d notices, want %d", c.name, notices, len(c.notices))
		}
		uids := map[string]bool{}
		for _, e := range events[:len(events)-1] {
			if e.Time != at.UnixMilli() || e.Type != e.Class*100+e.Activity {
				t.Errorf("%s: time %d, type %d", c.name, e.Time, e.Type)
			}
			if c.run.Command == "audit" && c.name != "audit-hostile" && uids[e.Finding.UID] {
				t.Errorf("%s: two events with the id %s", c.name, e.Finding.UID)
			}
			uids[e.Finding.UID] = true
		}
	}
}
