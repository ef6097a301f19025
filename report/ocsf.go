package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// Facts about OCSF that shape this format. Source: the definitions of the schema,
// https://github.com/ocsf/ocsf-schema; only attributes are used that stand in 1.3
// to 1.6 with the same meaning, so that consumers of any of them read it.
//
//   - A check's verdict on a resource is a Compliance Finding (class 2003), whose
//     status is Pass, Fail, or Warning for "no result, for want of information".
//   - A credential in a file is a Detection Finding (class 2004), its places evidence.
//   - What was not examined is a part of the Scan Activity (class 6007) that ends
//     every report.
//   - Times are milliseconds since 1970.
const (
	ocsfVersion    = "1.6.0"
	ocsfCompliance = 2003
	ocsfDetection  = 2004
	ocsfScan       = 6007
	ocsfPlaces     = 100 // of a finding that are listed as evidence
)

// OCSFOptions are what the format ocsf can be told.
type OCSFOptions struct {
	// Now is when the facts were collected; nil stands for the first millisecond of
	// 1970, so that the same input gives the same bytes.
	Now func() time.Time
}

// NewOCSF returns a Handler that writes a JSON array of OCSF events, one on a line:
// Compliance Findings of an audit, Detection Findings of a scan, and a Scan Activity
// at the end. Findings are written as they come; notices are kept for the end, up to
// 8 MiB of text.
func NewOCSF(w io.Writer, o OCSFOptions) Handler {
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(0, 0) }
	}
	return &ocsfHandler{output: output{w: w}, now: o.Now, notices: held{limit: maxHeld}}
}

type ocsfHandler struct {
	output
	now     func() time.Time
	time    int64
	run     Run
	rules   map[string]Rule
	events  int
	found   int
	notices held
}

type ocsfEvent struct {
	Activity     int              `json:"activity_id"`
	ActivityName string           `json:"activity_name"`
	Category     int              `json:"category_uid"`
	CategoryName string           `json:"category_name"`
	Class        int              `json:"class_uid"`
	ClassName    string           `json:"class_name"`
	Type         int              `json:"type_uid"`
	Time         int64            `json:"time"`
	Severity     int              `json:"severity_id"`
	SeverityName string           `json:"severity"`
	Status       int              `json:"status_id"`
	StatusName   string           `json:"status"`
	StatusDetail string           `json:"status_detail,omitempty"`
	Message      string           `json:"message,omitempty"`
	Metadata     ocsfMetadata     `json:"metadata"`
	Finding      *ocsfFinding     `json:"finding_info,omitempty"`
	Compliance   *ocsfVerdict     `json:"compliance,omitempty"`
	Confidence   int              `json:"confidence_id,omitempty"`
	IsAlert      bool             `json:"is_alert,omitempty"`
	Evidences    []ocsfEvidence   `json:"evidences,omitempty"`
	Resources    []ocsfResource   `json:"resources,omitempty"`
	Cloud        *ocsfCloud       `json:"cloud,omitempty"`
	Remediation  *ocsfRemediation `json:"remediation,omitempty"`
	Scan         *ocsfScanJob     `json:"scan,omitempty"`
	Files        *int             `json:"num_files,omitempty"`
	Detections   *int             `json:"num_detections,omitempty"`
	Unmapped     *ocsfUnmapped    `json:"unmapped,omitempty"`
}

type ocsfMetadata struct {
	Version  string      `json:"version"`
	Profiles []string    `json:"profiles,omitempty"`
	Product  ocsfProduct `json:"product"`
}

type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

type ocsfFinding struct {
	UID      string       `json:"uid"`
	Title    string       `json:"title"`
	Text     string       `json:"desc,omitempty"`
	Types    []string     `json:"types,omitempty"`
	Source   string       `json:"src_url,omitempty"`
	Created  int64        `json:"created_time"`
	Analytic ocsfAnalytic `json:"analytic"`
}

type ocsfAnalytic struct {
	Type int    `json:"type_id"` // 1: a rule
	UID  string `json:"uid"`
	Name string `json:"name,omitempty"`
}

type ocsfVerdict struct {
	Control      string   `json:"control"`
	Standards    []string `json:"standards"`
	Requirements []string `json:"requirements,omitempty"`
	Status       int      `json:"status_id"`
	StatusName   string   `json:"status"`
	StatusDetail string   `json:"status_detail,omitempty"`
}

type ocsfResource struct {
	UID       string `json:"uid"`
	Name      string `json:"name,omitempty"`
	Type      string `json:"type"`
	Region    string `json:"region,omitempty"`
	Partition string `json:"cloud_partition,omitempty"`
}

type ocsfCloud struct {
	Provider string      `json:"provider"`
	Region   string      `json:"region,omitempty"`
	Account  ocsfAccount `json:"account"`
}

type ocsfAccount struct {
	UID  string `json:"uid"`
	Type int    `json:"type_id"` // 10: of AWS
}

type ocsfRemediation struct {
	Text       string   `json:"desc"`
	References []string `json:"references,omitempty"`
}

type ocsfEvidence struct {
	File *ocsfFile `json:"file,omitempty"`
	Data ocsfPlace `json:"data"`
}

type ocsfFile struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Type int    `json:"type_id"` // 1: a regular file
}

type ocsfPlace struct {
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Inner    string `json:"inner_path,omitempty"`
	Object   string `json:"git_object,omitempty"`
	Commit   string `json:"git_commit,omitempty"`
	Standing string `json:"standing,omitempty"`
	Excerpt  string `json:"excerpt,omitempty"`
}

type ocsfScanJob struct {
	Name string `json:"name"`
	Type int    `json:"type_id"` // 0: nobody says how it was started
}

type ocsfUnmapped struct {
	Fingerprint string             `json:"fingerprint,omitempty"`
	Suppression *suppressionRecord `json:"suppression,omitempty"`
	Places      int                `json:"places,omitempty"`
	Notices     []ocsfNotice       `json:"not_examined,omitempty"`
	NoticesMore int                `json:"not_examined_left_out,omitempty"`
	Controls    []frameworkRecord  `json:"frameworks,omitempty"`
}

type ocsfNotice struct {
	Subject  string `json:"subject"`
	Reason   string `json:"reason"`
	Accepted bool   `json:"accepted,omitempty"`
}

func (h *ocsfHandler) Begin(r Run) error {
	if err := h.begin(); err != nil {
		return err
	}
	h.run, h.time = r, h.now().UnixMilli()
	h.rules = make(map[string]Rule, len(r.Rules))
	for _, rule := range r.Rules {
		h.rules[rule.ID] = rule
	}
	h.WriteByte('[')
	return h.flush()
}

func (h *ocsfHandler) Finding(f Finding) error {
	if err := h.finding(); err != nil {
		return err
	}
	h.found++
	var l Location
	if len(f.Occurrences) > 0 {
		l = f.Occurrences[0]
	}
	var e ocsfEvent
	if l.Resource != nil {
		e = h.verdictEvent(f.RuleID, *l.Resource, f.Severity, 3, f.Message)
	} else {
		e = h.detection(f)
	}
	if !f.Counts() {
		e.status(3, "Suppressed")
	}
	e.Unmapped = &ocsfUnmapped{Fingerprint: validUTF8(f.Fingerprint), Suppression: newSuppressionRecord(f.Suppression), Places: len(f.Occurrences)}
	h.element(h.events, e)
	h.events++
	return h.flush()
}

func (h *ocsfHandler) Verdict(v Verdict) error {
	if err := h.verdict(); err != nil {
		return err
	}
	status := 2
	if v.Outcome == OutcomePass {
		status = 1
	}
	h.element(h.events, h.verdictEvent(v.RuleID, v.Resource, SeverityInfo, status, v.Reason))
	h.events++
	return h.flushMany()
}

// event begins an event of a class.
func (h *ocsfHandler) event(class, activity int, severity Severity) ocsfEvent {
	e := ocsfEvent{
		Activity: activity, Category: class / 1000, Class: class, Type: class*100 + activity, Time: h.time,
		Severity: int(min(severity, SeverityCritical)) + 1, SeverityName: ocsfSeverities[min(severity, SeverityCritical)],
		Metadata: ocsfMetadata{Version: ocsfVersion, Product: ocsfProduct{"assay", "assay", validUTF8(h.run.Version)}},
	}
	e.CategoryName, e.ClassName, e.ActivityName = "Findings", "Compliance Finding", "Create"
	switch class {
	case ocsfDetection:
		e.ClassName = "Detection Finding"
	case ocsfScan:
		e.CategoryName, e.ClassName, e.ActivityName = "Application Activity", "Scan Activity", "Completed"
	}
	return e
}

var ocsfSeverities = [...]string{"Informational", "Low", "Medium", "High", "Critical"}

func (e *ocsfEvent) status(id int, name string) { e.Status, e.StatusName = id, name }

// verdictEvent is a Compliance Finding. status is 1 for Pass, 2 for Warning, 3 for
// Fail.
func (h *ocsfHandler) verdictEvent(check string, r Resource, severity Severity, status int, text string) ocsfEvent {
	rule := h.rules[check]
	e := h.event(ocsfCompliance, 1, severity)
	e.status(1, "New")
	if status == 1 {
		e.status(4, "Resolved")
	}
	sum := sha256.Sum256([]byte(check + "\x00" + r.ARN))
	e.Message = validUTF8(text)
	e.Finding = h.info(check, "assay/v1/"+hex.EncodeToString(sum[:16]))
	e.Finding.Types = []string{asffType}
	e.Compliance = &ocsfVerdict{
		Control: validUTF8(cmp.Or(check, "unknown")), Requirements: allValidUTF8(rule.Controls), Standards: standardsOf(rule.Controls),
		Status: status, StatusName: [...]string{1: "Pass", 2: "Warning", 3: "Fail"}[status], StatusDetail: validUTF8(text),
	}
	at := cellOf(r)
	e.Metadata.Profiles = []string{"cloud"}
	e.Resources = []ocsfResource{{UID: validUTF8(cmp.Or(r.ARN, r.Name, "unknown")), Name: validUTF8(r.Name), Type: validUTF8(cmp.Or(r.Type, "Other")), Region: validUTF8(r.Region), Partition: at.partition}}
	e.Cloud = &ocsfCloud{Provider: "AWS", Region: at.region, Account: ocsfAccount{at.account, 10}}
	if status != 1 {
		e.Remediation = newOCSFRemediation(rule)
	}
	return e
}

// standardsOf names the frameworks of controls; a check that supports none stands for
// itself, for the schema wants one.
func standardsOf(controls []string) []string {
	var list []string
	for _, c := range controls {
		framework, _, _ := strings.Cut(c, "/")
		if framework = validUTF8(framework); !slices.Contains(list, framework) {
			list = append(list, framework)
		}
	}
	if list == nil {
		return []string{"assay"}
	}
	return list
}

func (h *ocsfHandler) info(check, uid string) *ocsfFinding {
	rule := h.rules[check]
	f := &ocsfFinding{
		UID: validUTF8(uid), Title: validUTF8(cmp.Or(rule.Title, check, "unknown")), Text: validUTF8(rule.Text), Created: h.time,
		Analytic: ocsfAnalytic{1, validUTF8(cmp.Or(check, "unknown")), validUTF8(rule.Title)},
	}
	if len(rule.References) > 0 {
		f.Source = validUTF8(rule.References[0])
	}
	return f
}

func newOCSFRemediation(rule Rule) *ocsfRemediation {
	if rule.Remedy == "" {
		return nil
	}
	return &ocsfRemediation{validUTF8(rule.Remedy), allValidUTF8(rule.References)}
}

// detection is a Detection Finding.
func (h *ocsfHandler) detection(f Finding) ocsfEvent {
	e := h.event(ocsfDetection, 1, f.Severity)
	e.status(1, "New")
	e.Message, e.IsAlert = validUTF8(f.Message), f.Counts()
	e.Confidence = int(min(f.Confidence, ConfidenceHigh)) // whose numbers are the schema's: 1 low, 2 medium, 3 high
	e.Finding = h.info(f.RuleID, cmp.Or(f.Fingerprint, "unknown"))
	e.Finding.Types = []string{"Sensitive Data Identifications/Passwords"}
	e.Remediation = newOCSFRemediation(h.rules[f.RuleID])
	for i, l := range f.Occurrences[:min(len(f.Occurrences), ocsfPlaces)] {
		e.Evidences = append(e.Evidences, newOCSFEvidence(f, i, l))
	}
	return e
}

func newOCSFEvidence(f Finding, i int, l Location) ocsfEvidence {
	e := ocsfEvidence{Data: ocsfPlace{
		Line: max(l.Region.StartLine, 0), Column: max(l.Region.StartColumn, 0), Inner: validUTF8(l.Inner), Object: validUTF8(l.Object), Standing: validUTF8(standing(l)),
	}}
	if l.Path != "" {
		e.File = &ocsfFile{Name: validUTF8(path.Base(l.Path)), Path: validUTF8(l.Path), Type: 1}
	}
	if l.Introduced != nil {
		e.Data.Commit = validUTF8(l.Introduced.ID)
	}
	if i == 0 {
		e.Data.Excerpt = validUTF8(f.Excerpt)
	}
	return e
}

func (h *ocsfHandler) Notice(n Notice) error {
	if err := h.notice(); err != nil {
		return err
	}
	h.notices.add(n)
	return nil
}

func (h *ocsfHandler) End(s Summary) error {
	if err := h.end(); err != nil {
		return err
	}
	e := h.event(ocsfScan, 2, SeverityInfo)
	if s.Interrupted {
		e.Activity, e.ActivityName, e.Type = 3, "Cancelled", ocsfScan*100+3
	}
	e.status(1, "Success")
	if !s.Complete() {
		e.status(2, "Failure")
		e.StatusDetail = "incomplete: not examined: " + count(s.NotExamined, "thing")
	}
	e.Message = validUTF8("examined: " + examined(s) + "; findings: " + findings(s))
	e.Scan = &ocsfScanJob{Name: validUTF8(join(" ", cmp.Or(h.run.Command, "run"), h.run.Target))}
	e.Files, e.Detections = &s.Files, &h.found
	u := ocsfUnmapped{NoticesMore: h.notices.more}
	for _, n := range h.notices.notices {
		u.Notices = append(u.Notices, ocsfNotice{validUTF8(n.Subject), validUTF8(reason(n)), n.Accepted != nil})
	}
	if len(s.Compliance) > 0 {
		u.Controls = newFrameworkRecords(s.Compliance)
	}
	if len(u.Notices)+u.NoticesMore+len(u.Controls) > 0 {
		e.Unmapped = &u
	}
	h.element(h.events, e)
	h.WriteString("\n]\n")
	return h.flush()
}
